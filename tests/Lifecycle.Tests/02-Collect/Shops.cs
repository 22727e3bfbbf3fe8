namespace Kumiki.Lifecycle.Tests;

public sealed record Shop(string Name, string City);

public sealed record Visit(string Shop, int Guests, DateOnly Day);

public sealed class Shops : Dataset<Shop>
{
    public override Source Source => Source.JsonLines("shops.jsonl") with { Licence = "CC-BY-4.0", Provenance = "the town's register, 2021", Consent = "no persons" };

    public override void Expect(Expectations<Shop> rows) => rows.Unique(s => s.Name);
}

public sealed class Visits(Shops shops) : Dataset<Visit>
{
    public override Source Source => Source.JsonLines("visits-*.jsonl");

    public override void Expect(Expectations<Visit> rows) => rows.ExistsIn(v => v.Shop, shops, s => s.Name).NearLast(v => v.Guests);
}

public sealed record ByShop(string Shop, long Guests);

public sealed class Totals(Visits visits) : Dataset<ByShop>
{
    public override Query Query => $"SELECT shop, sum(guests)::BIGINT AS guests FROM {visits} GROUP BY shop ORDER BY shop";
}

/// <summary>Asks of shops what it never asked for.</summary>
public sealed class Strangers(Visits visits) : Dataset<Visit>
{
    public override Query Query => $"SELECT * FROM {visits}";

    public override void Expect(Expectations<Visit> rows) => rows.ExistsIn<Shop, string>(v => v.Shop, "shops", s => s.Name);
}

public sealed class Clocked(Visits visits) : Dataset<ByShop>
{
    public override Query Query => $"SELECT shop, sum(guests)::BIGINT AS guests FROM {visits} WHERE day > current_date - 7 GROUP BY shop";
}

public sealed record Till(long Id, string Shop, decimal Amount);

public sealed class LocalTill : Dataset<Till>
{
    public override Source Source => Source.Sqlite("till.db", "till");
}

public sealed class RemoteTill : Dataset<Till>
{
    internal const string Variable = "KUMIKI_TEST_TILL";

    [Parameter] public bool Token { get; init; }

    public override Source Source => Source.Postgres(Variable, "till") with { ChangeToken = Token ? "SELECT max(id) FROM till" : null };
}

public sealed record Picture(string Path, [Content] string Image);

public sealed class Pictures : Dataset<Picture>
{
    public override Source Source => Source.Folder("pictures/*.png");
}
