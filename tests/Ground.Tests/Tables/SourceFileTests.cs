using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

/// <summary>Rows that know their file, and sources that may have none.</summary>
public sealed class SourceFileTests : IDisposable
{
    public sealed record Line(string Name, int Count, [SourceFile] string File);

    public sealed record Misplaced(string Name, [SourceFile] int File);

    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    [Fact]
    public void Each_row_holds_the_name_of_its_file_however_the_files_are_cut()
    {
        world.Write("b.csv", "count,name\n1,x\n2,y\n");
        world.Write("a.csv", "name,count,file\nz,3,mine\nw,bad,mine\n");

        var result = world.Load<Line>(Source.Csv("*.csv"), new() { PartBytes = 16, LongestField = 8 });

        Assert.Equal(["z|3|a.csv", "x|1|b.csv", "y|2|b.csv"], world.Rows(result));
        Assert.Equal(1, result.RejectedRows);
        // A column of that name in a file is none of ours.
        Assert.Contains($"Columns file of {world.File("a.csv")} are ignored.", result.Notes.Select(n => n.In("en")));
        Assert.Equal("Misplaced.File is to hold the name of a row's file, so it has to be a text: make it a string.",
            Assert.Throws<KumikiException>(() => RowSchema.Of<Misplaced>()).Says.In("en"));
    }

    [Fact]
    public void A_source_that_may_be_missing_gives_a_table_without_rows_and_one_that_may_not_is_refused()
    {
        world.Write("empty.csv", "name,count\n");

        foreach (var pattern in (string[])["none.csv", "empty.csv", "no/folder/*.csv"])
        {
            var result = world.Load<Line>(Source.Csv(pattern) with { Optional = true }, new() { Partition = Partition.ByValue<Line>(l => l.Name) });

            Assert.Equal((0, 0), (result.Rows, result.RejectedRows));
            Assert.Empty(world.Rows(result));
        }
        Assert.Equal("tables.files-none", Assert.Throws<KumikiException>(() => world.Load<Line>(Source.Csv("none.csv"))).Says.Id);
        Assert.Equal("tables.csv-no-rows", Assert.Throws<KumikiException>(() => world.Load<Line>(Source.Csv("empty.csv"))).Says.Id);
    }

    [Fact]
    public void Rows_that_all_are_bad_are_refused_also_where_there_may_be_none()
    {
        world.Write("bad.csv", "name,count\nx,many\n");

        var refused = Assert.Throws<KumikiException>(() => world.Load<Line>(Source.Csv("bad.csv") with { Optional = true }));

        Assert.Equal("tables.all-rejected", refused.Says.Id);
    }
}
