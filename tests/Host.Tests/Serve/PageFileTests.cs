using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed partial class PageFileTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    [GeneratedRegex("assets/[A-Za-z0-9_.-]+")]
    private static partial Regex Asset();

    [Fact]
    public async Task The_first_page_is_asked_for_again_each_time_and_sent_only_when_it_changed()
    {
        using var first = await served.Http.GetAsync("");
        using var request = new HttpRequestMessage(HttpMethod.Get, "");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await served.Http.SendAsync(request);

        Assert.Equal("text/html", first.Content.Headers.ContentType?.MediaType);
        Assert.True(first.Headers.CacheControl!.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Its_files_are_sent_compressed_and_kept_for_ever_and_weigh_less_than_60_KB_in_all()
    {
        var files = Asset().Matches(await served.Http.GetStringAsync("")).Select(m => m.Value).ToList();
        var sent = 0L;
        foreach (var file in files)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, file);
            request.Headers.AcceptEncoding.ParseAdd("gzip, br");
            using var response = await served.Http.SendAsync(request);

            Assert.Equal("br", Assert.Single(response.Content.Headers.ContentEncoding));
            Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            sent += response.Content.Headers.ContentLength!.Value;
        }

        Assert.Equal([".css", ".js", ".svg"], files.Select(Path.GetExtension).Order());
        Assert.InRange(sent, 5_000, 60_000);
    }

    [Fact]
    public async Task Answers_are_sent_compressed_to_who_can_unpack_them()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/graph");
        request.Headers.AcceptEncoding.ParseAdd("br");
        using var packed = await served.Http.SendAsync(request);
        using var plain = await served.Http.GetAsync("api/graph");

        Assert.Equal("br", Assert.Single(packed.Content.Headers.ContentEncoding));
        Assert.True((await packed.Content.ReadAsByteArrayAsync()).Length * 3 < (await plain.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Who_cannot_unpack_gets_a_file_as_it_is()
    {
        var script = Asset().Matches(await served.Http.GetStringAsync("")).Select(m => m.Value).First(f => f.EndsWith(".js", StringComparison.Ordinal));
        using var response = await served.Http.GetAsync(script);

        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.StartsWith("text/javascript", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("assets/nothing.js")]
    [InlineData("index.html.br")]
    [InlineData("%2e%2e/store.db")]
    public async Task Only_files_of_the_pages_are_served(string path)
    {
        var refused = await served.RefusedAsync(path);

        Assert.Equal((404, "serve.no-address"), (refused.Status, refused.Id));
    }
}
