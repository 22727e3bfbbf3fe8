using Kumiki.Making;
using Kumiki.Releasing;

namespace Kumiki.Bench;

/// <summary>A family of 1,000 keys that come from data, and 50 keys too thin for a model of their own: each key's rows and model made, all rows predicted, everything released as one set.</summary>
static class FamilyOfThousand
{
    const int Shops = 1000, Thin = 50, Weeks = 60;

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        await using var world = new World(folder, typeof(Sales), typeof(ShopSales), typeof(ShopModel), typeof(AllShops), typeof(Forecasts));
        await MakeAsync("sales");
        await world.TakeKeysAsync(stop);
        figures.Print("keys", world.Graph().Nodes.Count(n => n.Family == "shop-model"), "");

        var (ends, made) = await Spent.OfAsync(() => MakeAsync("forecasts"));
        figures.Print("assets", ends.Count, "");
        figures.Print("make", made.Wall, "s");
        figures.Print("make.each", made.Wall * 1e3 / ends.Count, "ms an asset: rows by a query, or a model with its tests");
        figures.Print("forecast", (await world.RunOfAsync(ends[^1], stop)).Cost!.Wall.TotalSeconds, $"s for {(Shops * Weeks) + (Thin * 3)} rows of {Shops} models and the one for all others");

        await world.StageAsync(ends.Select(e => e.Result!.Name), stop);
        var (end, released) = await Spent.OfAsync(() => world.Releases.ReleaseAsync(new ReleaseOrder { Reason = "bench" }, stop));
        if (end is not ReleaseEnd.Live live) throw new BenchmarkException($"The release was refused: {string.Join(' ', ((ReleaseEnd.Refused)end).Findings.Take(3).Select(f => f.Says))}");
        figures.Print("released", live.Release.Set.Count, "versions in one set");
        figures.Print("release", released.Wall, "s");

        var (again, reused) = await Spent.OfAsync(() => MakeAsync("forecasts"));
        if (again.FirstOrDefault(e => e is not MakingEnd.Reused) is { } other) throw World.Unexpected(other);
        figures.Print("again", reused.Wall, "s to find that nothing is to be made");

        async Task<IReadOnlyList<MakingEnd>> MakeAsync(string asset)
        {
            var all = await world.Maker(world.Graph()).MakeAsync(new MakeOrder(asset) { Upstream = true }, null, stop);
            return all.FirstOrDefault(e => e.Result is null) is { } failed ? throw World.Unexpected(failed) : all;
        }
    });

    internal sealed record Row(DateOnly Week, string Shop, int Units, double Before);

    sealed class Sales : Dataset<Row>
    {
        public override Query Query => $"""
            SELECT DATE '2024-01-01' + 7 * w::INTEGER AS week, 'shop-' || s AS shop, (s % 40 + 10 * (w % 4) + hash(s * 1000 + w) % 9)::INTEGER AS units, (s % 40 + 10 * ((w + 3) % 4))::DOUBLE AS before
            FROM range({Shops + Thin}) a(s), range({Weeks}) b(w) WHERE s < {Shops} OR w < 3 ORDER BY w, s
            """;
    }

    [KeysFrom(typeof(Sales), "shop", AtLeast = 40)]
    sealed class ShopSales(FamilyKey shop, Sales sales) : Dataset<Row>
    {
        public override Query Query => $"SELECT * FROM {sales} WHERE shop = {shop.Raw}";
    }

    [KeysFrom(typeof(Sales), "shop", AtLeast = 40)]
    sealed class ShopModel(FamilyKey shop, ShopSales sales) : Model<Row>
    {
        public override Split Split => Split.ByTime(sales, r => r.Week, validation: 4, test: 8);

        public override Learner Learner => Features.Scale(r => r.Before).Then(Linear.Ridge(r => r.Units));

        public override string ToString() => shop.Raw;
    }

    sealed class AllShops(Sales sales) : Model<Row>
    {
        public override Split Split => Split.ByTime(sales, r => r.Week, validation: 4, test: 8);

        public override Learner Learner => Features.Scale(r => r.Before).Then(Linear.Ridge(r => r.Units));
    }

    sealed class Forecasts(Family<ShopModel> own, AllShops others, Sales sales) : BatchPrediction<Row>
    {
        public override string ToString() => $"{own.Members.Count} models, else {others.Name}, of {sales.Name}";
    }
}
