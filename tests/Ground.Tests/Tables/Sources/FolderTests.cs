using Kumiki.Tables;
using Xunit;

namespace Kumiki.Ground.Tests.Tables;

public sealed class FolderTests : IDisposable
{
    readonly TableWorld world = new();

    public void Dispose() => world.Dispose();

    void Make()
    {
        Directory.CreateDirectory(world.File("pictures/cats"));
        world.Write("pictures/a, b.png", "one");
        world.Write("pictures/cats/c.png", "three");
        world.Write("pictures/cats/d.png", "one");
        world.Write("pictures/notes.txt", "no");
    }

    public sealed record Picture(string Path, string Sha256, long Bytes);
    public sealed record Kept([Content] string Picture, string Path);

    [Fact]
    public void Files_are_rows_of_path_digest_and_size()
    {
        Make();
        var result = world.Load<Picture>(Source.Folder("pictures/**/*.png"));

        Assert.Equal([$"a, b.png|{Digest.Of("one"u8).Hex}|3", $"cats/c.png|{Digest.Of("three"u8).Hex}|5", $"cats/d.png|{Digest.Of("one"u8).Hex}|3"], world.Rows(result));
        Assert.Equal(3, result.Reads.Count);
        Assert.Empty(result.Content);
    }

    [Fact]
    public void Content_that_is_asked_for_is_kept_once()
    {
        Make();
        var result = world.Load<Kept>(Source.Folder("pictures/**/*.png"));

        Assert.Equal([$"{Digest.Of("one"u8).Hex}|a, b.png", $"{Digest.Of("three"u8).Hex}|cats/c.png", $"{Digest.Of("one"u8).Hex}|cats/d.png"], world.Rows(result));
        Assert.Equal(new[] { "one", "three" }.Order(), result.Content.Select(c => File.ReadAllText(c.File)).Order());
        Assert.All(result.Content, c => Assert.Equal($"content/{Digest.Of(File.ReadAllBytes(c.File)).Hex}", c.Path));
    }

    public sealed record Wrong(string Path, string Label);
    public sealed record BadContent([Content] int Picture);

    [Fact]
    public void What_a_folder_does_not_have_is_one_sentence()
    {
        Make();
        Assert.Equal("pictures/*.png lacks label: it has path, sha256, bytes, expected are path, label; add the column or name it with [Column(\"…\")].",
            Assert.Throws<KumikiException>(() => world.Load<Wrong>(Source.Folder("pictures/*.png"))).Says.In("en"));
        Assert.Equal("tables.files-none", Assert.Throws<KumikiException>(() => world.Load<Picture>(Source.Folder("none/*"))).Says.Id);
        Assert.Equal("tables.record-content", Assert.Throws<KumikiException>(() => RowSchema.Of<BadContent>()).Says.Id);
        world.Write("rows.csv", "picture,path\na,b\n");
        Assert.Equal("tables.content-of-folder", Assert.Throws<KumikiException>(() => world.Load<Kept>(Source.Csv("rows.csv"))).Says.Id);
    }
}
