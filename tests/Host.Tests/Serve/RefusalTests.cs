using System.Net;
using Kumiki.Hosting;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed class RefusalTests(ServedWorld served) : IClassFixture<ServedWorld>
{
    [Theory]
    [InlineData("api/assets/nope", 404, "serve.no-asset")]
    [InlineData("api/assets/Not%20A%20Name", 400, "serve.bad-name")]
    [InlineData("api/assets/sales?limit=many", 400, "serve.bad-number")]
    [InlineData("api/assets/sales?before=yesterday", 400, "serve.bad-run")]
    [InlineData("api/versions/sales/99", 404, "making.no-version")]
    [InlineData("api/versions/sales/99/rows", 404, "making.no-version")]
    [InlineData("api/versions/sales/1/rows?offset=many", 400, "serve.bad-number")]
    [InlineData("api/versions/sales/1/rows", 404, "serve.no-table")]
    [InlineData("api/versions/sales/-1", 400, "serve.bad-version")]
    [InlineData("api/versions/sales/2/files/..%2F..%2Fstore.db", 404, "serve.no-file")]
    [InlineData("api/diff?left=sales@1", 400, "serve.bad-version")]
    [InlineData("api/diff?left=sales@1&right=sales@9", 404, "making.no-version")]
    [InlineData("api/runs/run-999", 404, "making.no-run")]
    [InlineData("api/runs/0", 400, "serve.bad-run")]
    [InlineData("api/runs?state=happy", 400, "serve.bad-state")]
    [InlineData("api/runs?state=3", 400, "serve.bad-state")]
    [InlineData("api/releases/77", 404, "serve.no-release")]
    [InlineData("api/releases/x", 400, "serve.bad-number")]
    [InlineData("api/nothing", 404, "serve.no-address")]
    public async Task What_cannot_be_answered_is_refused_in_one_sentence(string path, int status, string id)
    {
        var refused = await served.RefusedAsync(path);

        Assert.Equal((status, id), (refused.Status, refused.Id));
    }

    [Fact]
    public async Task A_refusal_speaks_the_language_of_the_reader()
    {
        Assert.Equal("There is no asset 'nope'; /api/assets lists them all.", (await served.RefusedAsync("api/assets/nope")).Says);
        Assert.Equal("アセット 'nope' はありません。/api/assets で一覧を確認できます。", (await served.RefusedAsync("api/assets/nope", "ja")).Says);
    }

    [Fact]
    public async Task A_limit_out_of_range_is_brought_into_it()
    {
        Assert.Single((await served.GetAsync("api/runs?limit=-5"))["runs"]!.AsArray());
        Assert.Equal(17, (await served.GetAsync("api/runs?limit=999999"))["runs"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_method_that_an_address_does_not_know_is_refused_with_where_to_look()
    {
        using var response = await served.Http.PostAsync("api/runs", null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Contains("serve.wrong-method", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_another_site_that_resolves_to_this_machine_is_not_answered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/graph");
        request.Headers.Host = "evil.example";
        using var response = await served.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        Assert.DoesNotContain("sales", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:5080", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]:5080", true)]
    [InlineData("10.0.0.1:5080", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("", false)]
    public void Only_this_machines_own_names_are_ours(string host, bool ours) => Assert.Equal(ours, Guard.IsOurs(new HostString(host)));

    [Fact]
    public async Task Every_answer_forbids_scripts_from_elsewhere()
    {
        using var response = await served.Http.GetAsync("api/project");

        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }
}
