using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed class ChangesTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_write_through_another_connection_is_told_to_who_listens()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var reader = new StreamReader(await served.Http.GetStreamAsync("api/changes", limit.Token));
        var first = await NextAsync(reader, limit.Token);

        await using (var other = DataFolder.Open(served.World.Folder, TimeProvider.System))
            await other.Metadata.MoveStagesAsync([("sales", "seen", 1)], "another process", "", limit.Token);

        Assert.True(await NextAsync(reader, limit.Token) > first);
        Assert.Equal("seen", (string)(await served.GetAsync("api/stages/history?asset=sales&limit=1"))["moves"]![0]!["stage"]!);
    }

    /// <summary>The revision of the next event.</summary>
    static async Task<long> NextAsync(StreamReader reader, CancellationToken stop)
    {
        for (; ; )
        {
            var line = await reader.ReadLineAsync(stop) ?? throw new EndOfStreamException("The stream of changes ended.");
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return (long)System.Text.Json.Nodes.JsonNode.Parse(line[6..])!["revision"]!;
        }
    }
}
