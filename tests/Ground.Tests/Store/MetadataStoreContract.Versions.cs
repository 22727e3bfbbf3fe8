using System.Text.Json;
using Xunit;

namespace Kumiki.Store.Tests;

public abstract partial class MetadataStoreContract
{
    [Fact]
    public async Task A_version_comes_back_as_it_was_committed()
    {
        var sales = await Sample.MakeAsync(Store, "sales", "s");
        var run = await Sample.BeginAsync(Store, "beans", "a");
        var given = Sample.Version("beans", "a", sales.Name) with
        {
            Outside = [new("/data/beans.csv", 10, 20, 30, Digest.Of("csv"), Pinned: true)],
            Apart = [new("sales", "other stores")],
            Schema = JsonDocument.Parse("""{"columns":["store"]}""").RootElement,
            Family = "beans-of",
            RawKey = "Kyōto",
        };

        await Store.CommitAsync(run.Run, run.Fence, new(given), Sample.Cost, 0, Go);
        var back = (await Store.VersionAsync(new("beans", 1), Go))!;

        Assert.Equal(new("beans", 1), back.Name);
        Assert.Equal(run.Run, back.MadeBy);
        Assert.Equal(given.Files, back.Files);
        Assert.Equal(given.Parts, back.Parts);
        Assert.Equal(given.Inputs.Single().Read, back.Inputs.Single().Read);
        Assert.Equal(given.Inputs.Single().Version, back.Inputs.Single().Version);
        Assert.Equal(given.Outside, back.Outside);
        Assert.Equal(given.Metrics, back.Metrics);
        Assert.Equal(given.Checks, back.Checks);
        Assert.Equal(given.Apart, back.Apart);
        Assert.Equal(given.Facts, back.Facts);
        Assert.Equal("""{"columns":["store"]}""", back.Schema!.Value.GetRawText());
        Assert.Equal(("beans-of", "Kyōto", AssetKind.Dataset), (back.Family, back.RawKey, back.Kind));
        Assert.Equal((given.Content, given.RecipeKey, given.MadeAt), (back.Content, back.RecipeKey, back.MadeAt));
    }

    [Fact]
    public async Task A_version_that_does_not_exist_is_null_and_left_out()
    {
        await Sample.MakeAsync(Store, "beans", "a");

        Assert.Null(await Store.VersionAsync(new("beans", 2), Go));
        Assert.Null(await Store.VersionAsync(new("rice", 1), Go));
        Assert.Equal([new("beans", 1)], (await Store.VersionsAsync([new("beans", 1), new("beans", 2), new("rice", 1)], Go)).Keys);
    }

    [Fact]
    public async Task Versions_are_paged_newest_first_of_one_asset_or_of_all()
    {
        foreach (var i in Enumerable.Range(1, 5))
        {
            await Sample.MakeAsync(Store, "beans", $"b{i}");
            await Sample.MakeAsync(Store, "rice", $"r{i}");
        }

        Assert.Equal(["rice@5", "beans@5", "rice@4", "beans@4", "rice@3", "beans@3", "rice@2", "beans@2", "rice@1", "beans@1"], await Pages(null, 3));
        Assert.Equal(["beans@5", "beans@4", "beans@3", "beans@2", "beans@1"], await Pages("beans", 2));
    }

    [Fact]
    public async Task Paging_misses_no_version_whose_run_began_earlier_than_its_neighbours()
    {
        var slow = await Sample.BeginAsync(Store, "beans", "slow");
        await Sample.MakeAsync(Store, "beans", "quick");
        await Store.CommitAsync(slow.Run, slow.Fence, new(Sample.Version("beans", "slow")), Sample.Cost, 0, Go);
        await Sample.MakeAsync(Store, "beans", "last");

        Assert.Equal(["beans@3", "beans@2", "beans@1"], await Pages("beans", 1));
        Assert.Equal(["beans@3", "beans@2", "beans@1"], await Pages(null, 1));
    }

    async Task<IReadOnlyList<string>> Pages(string? asset, int size)
    {
        var names = new List<string>();
        for (RunId? before = null; ;)
        {
            var page = await Store.VersionsAsync(asset, size, before, Go);
            names.AddRange(page.Select(v => v.Name.ToString()));
            if (page.Count < size) return names;
            before = page[^1].MadeBy;
        }
    }

    [Fact]
    public async Task The_newest_number_of_every_asset_is_known()
    {
        Assert.Empty(await Store.NewestAsync(Go));
        await Sample.MakeAsync(Store, "beans", "a");
        await Sample.MakeAsync(Store, "beans", "b");
        await Sample.MakeAsync(Store, "rice", "a");

        Assert.Equal(new Dictionary<string, int> { ["beans"] = 2, ["rice"] = 1 }, await Store.NewestAsync(Go));
    }

    [Fact]
    public async Task The_users_of_a_version_are_those_that_read_it()
    {
        var sales = await Sample.MakeAsync(Store, "sales", "s");
        await Sample.MakeAsync(Store, "beans", "a", sales.Name);
        await Sample.MakeAsync(Store, "beans", "b");
        await Sample.MakeAsync(Store, "rice", "c", sales.Name);
        var run = await Sample.BeginAsync(Store, "rice", "unread");
        var unread = Sample.Version("rice", "unread") with { Inputs = [new(sales.Name, EdgeKind.Source, new Dictionary<string, Digest>())] };
        await Store.CommitAsync(run.Run, run.Fence, new(unread), Sample.Cost, 0, Go);

        Assert.Equal(["rice@1", "beans@1"], (await Store.UsersOfAsync(sales.Name, 10, Go)).Select(v => v.Name.ToString()));
        Assert.Equal(["rice@1"], (await Store.UsersOfAsync(sales.Name, 1, Go)).Select(v => v.Name.ToString()));
    }
}
