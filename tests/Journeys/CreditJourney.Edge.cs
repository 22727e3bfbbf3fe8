using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Kumiki.Journeys;

public sealed partial class CreditJourney
{
    static string Runner => Checkout.PathOf("artifacts/bin/Kumiki.Runner/debug_linux-x64/kumiki-runner.dll");

    static readonly IReadOnlyList<(string, string)> WithRunner = [("KUMIKI_RUNNER", Path.GetDirectoryName(Runner)!)];

    [Fact]
    public async Task The_packaged_decision_answers_offline_with_the_servers_bits_and_sends_back_each_prediction_once()
    {
        using var demo = await made.Demo.CopyAsync();
        await demo.MustAsync("package", "keys", "--key", "edge/packages.key");
        await demo.MustAsync("package", "credit-decision", "--key", "edge/packages.key", "--out", "one.kpkg");
        await demo.MustAsync("package", "credit-decision", "--key", "edge/packages.key", "--release", "1", "--out", "two.kpkg");
        Assert.Equal(await File.ReadAllBytesAsync(demo.PathOf("one.kpkg")), await File.ReadAllBytesAsync(demo.PathOf("two.kpkg")));
        await RunnerAsync(demo, "update", "home", "one.kpkg", "--trust", "edge/packages.key.pub");

        using var server = demo.Start([], ["serve", "--port", "0"]);
        var serverAt = Address(await server.LineAsync("http://"));
        using var runner = Start(demo, "home", "--trust", "edge/packages.key.pub", "--port", "0");
        var runnerAt = Address(await runner.LineAsync("http://"));
        var rows = Rows(demo, 600);

        var (online, offline) = (await PredictAsync(serverAt, "/api/endpoints/credit-decision/predict", rows), await PredictAsync(runnerAt, "/predict", rows));

        Assert.Equal(600, online.Count);
        Assert.Equal(online.Select(Bits), offline.Select(Bits));
        Assert.True(online.Select(Bits).Distinct().Count() > 300);
        foreach (var part in (string[])["answer", "model", "threshold"]) Assert.Equal(online.Select(p => (string)p[part]!),
            offline.Select(p => (string)p[part]!));

        await runner.SignalAsync("TERM");
        Assert.Equal(0, (await runner.EndAsync()).Code);
        var sent = await RunnerAsync(demo, "send-logs", "home", "--to", serverAt.ToString());
        Assert.StartsWith("600 predictions were sent", sent.Out, StringComparison.Ordinal);
        File.Delete(demo.PathOf("home/log/sent"));      // as if the answer had been lost
        Assert.StartsWith("600 predictions were sent", (await RunnerAsync(demo, "send-logs", "home", "--to", serverAt.ToString())).Out,
            StringComparison.Ordinal);
        Assert.StartsWith("0 predictions were sent", (await RunnerAsync(demo, "send-logs", "home", "--to", serverAt.ToString())).Out, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = serverAt };
        var device = JsonNode.Parse(await http.GetStringAsync("/api/edge/devices"))!["devices"]!.AsArray().Single()!;
        Assert.Equal((600, await File.ReadAllTextAsync(demo.PathOf("home/device"))), ((int)device["records"]!, (string)device["device"]!));
        var log = await SqlAsync(http, "SELECT device, release, models, decision, score, inputs IS NOT NULL FROM credit_decision WHERE device IS NOT NULL ORDER BY id");
        Assert.Equal(offline.OrderBy(p => (string)p["id"]!, StringComparer.Ordinal).Select(p => $"{device["device"]}|1|default-model@1|{p["answer"]}|{Bits(p)}|true"),
            log.Select(r => $"{r[0]}|{r[1]}|{r[2]}|{r[3]}|{BitConverter.SingleToInt32Bits(float.Parse((string)r[4]!, CultureInfo.InvariantCulture))}|{r[5]}"));
        using var bad = await http.SendAsync(new(HttpMethod.Post, "/api/edge/logs")
        {
            Headers = { { "Kumiki-Device", "x" } },
            Content = new StringContent("{\"id\": \"a\"}\n", Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue("application/jsonl")),
        });
        Assert.Equal((400, "Line 1 is no record of a prediction: at is no time; none was taken."),
            ((int)bad.StatusCode, (string)JsonNode.Parse(await bad.Content.ReadAsStringAsync())!["detail"]!));
    }

    [Fact]
    public async Task What_cannot_be_packaged_is_refused_in_one_sentence()
    {
        using var demo = await made.Demo.CopyAsync();
        var without = await demo.RunAsync("package", "credit-decision", "--key", "none.key");
        await demo.MustAsync("package", "keys", "--key", "packages.key");
        var (model, release, again) = (await demo.RunAsync("package", "default-model", "--key", "packages.key"),
            await demo.RunAsync("package", "credit-decision", "--release", "7", "--key", "packages.key"),
            await demo.RunAsync("package", "keys", "--key", "packages.key"));

        Assert.All([without, model, release, again], said => Assert.Equal(1, said.Code));
        Assert.Equal("There is no private key at none.key to sign packages with; make one: kumiki package keys, or name yours with --key.\n", without.Error);
        Assert.Equal("Release 1 has no endpoint default-model; it has credit-decision.\n", model.Error);
        Assert.Equal("There is no release 7 that was ever live; look at them: kumiki history\n", release.Error);
        Assert.StartsWith("There is a key at packages.key already", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_is_the_same_twice_and_answers_in_podman_with_the_bits_of_the_runner()
    {
        using var demo = await made.Demo.CopyAsync();
        await demo.MustAsync("package", "keys", "--key", "packages.key");
        var first = await ImageAsync("one.tar");
        var second = await ImageAsync("two.tar");
        Assert.Equal(first, second);
        Assert.Equal(await File.ReadAllBytesAsync(demo.PathOf("one.tar")), await File.ReadAllBytesAsync(demo.PathOf("two.tar")));
        await demo.MustAsync("package", "credit-decision", "--key", "packages.key", "--out", "one.kpkg");
        using var runner = Start(demo, "one.kpkg", "--trust", "packages.key.pub", "--port", "0");
        var runnerAt = Address(await runner.LineAsync("http://"));
        var rows = Rows(demo, 300);

        using var store = new Podman();
        await store.MustAsync("load", "-i", demo.PathOf("one.tar"));
        Assert.Contains(first, await store.MustAsync("images", "--digests", "--no-trunc"), StringComparison.Ordinal);
        using var container = store.Start("run", "--rm", "--name", "decision", "--network", "host", "--read-only", "--cap-drop", "all", "--ulimit",
            "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "localhost/credit-decision:1", "--port", "0");
        var inside = Address(await container.LineAsync("http://"));

        var (image, own) = (await PredictAsync(inside, "/predict", rows), await PredictAsync(runnerAt, "/predict", rows));
        Assert.Equal(own.Select(Bits), image.Select(Bits));
        Assert.Equal(own.Select(p => (string)p["answer"]!), image.Select(p => (string)p["answer"]!));
        await store.MustAsync("stop", "decision");

        var bare = await demo.RunAsync(WithRunner, ["image", "credit-decision", "--key", "packages.key", "--out", "bare.tar", "--model-only"]);
        Assert.Equal(0, bare.Code);
        await store.MustAsync("load", "-i", demo.PathOf("bare.tar"));
        Assert.Contains("default-model@1", await store.MustAsync("image", "inspect", "--format", "{{index .Labels \"kumiki.versions\"}}",
            "localhost/credit-decision:1"), StringComparison.Ordinal);

        async Task<string> ImageAsync(string to)
        {
            var said = await demo.RunAsync(WithRunner, ["image", "credit-decision", "--key", "packages.key", "--out", to, "--json"]);
            Assert.True(said.Code == 0, said.ToString());
            return (string)JsonNode.Parse(said.Out)!["digest"]!;
        }
    }

    [Fact]
    public async Task The_whole_server_is_an_image_that_answers_in_podman_with_the_bits_of_the_server_it_came_from_and_is_updated_by_the_next()
    {
        using var demo = await made.Demo.CopyAsync();
        var one = await demo.JsonAsync("image", "--server", "--out", "one.tar");
        var rows = Rows(demo, 300);
        var bits = await BitsAsync(demo, rows);
        await demo.MustAsync("generate-applications", "--rows", "12500");
        foreach (var asset in (string[])["credit-decision", "loss-model", "scorecard"]) await demo.MustAsync("make", asset, "--upstream", "--stage");
        await demo.MustAsync("release", "--message", "newer applications");
        var newer = await BitsAsync(demo, rows);
        Assert.NotEqual(bits, newer);
        await demo.MustAsync("image", "--server", "--release", "1", "--out", "again.tar");
        await demo.MustAsync("image", "--server", "--out", "two.tar");

        // The same release gives the same bytes, though another is live; and a new release shares what lies below it.
        Assert.Equal(await File.ReadAllBytesAsync(demo.PathOf("one.tar")), await File.ReadAllBytesAsync(demo.PathOf("again.tar")));
        var (below, above) = (await LayersAsync(demo.PathOf("one.tar")), await LayersAsync(demo.PathOf("two.tar")));
        Assert.Equal(5, below.Count);
        Assert.Equal(below.SkipLast(1), above.SkipLast(1));
        Assert.NotEqual(below[^1], above[^1]);
        // Of the project's data only what answering reads.
        var names = (await Checkout.RunAsync("sh", "-c", $"tar -xOf '{demo.PathOf("one.tar")}' blobs/sha256/{below[^1][7..]} | tar -t")).Said;
        Assert.Contains(await FileAsync("default-model@1", "model.onnx"), names, StringComparison.Ordinal);
        Assert.DoesNotContain(await FileAsync("default-model@1", "scored/test.parquet"), names, StringComparison.Ordinal);
        Assert.DoesNotContain(await FileAsync("applications@1", "rows/00001.parquet"), names, StringComparison.Ordinal);

        using var store = new Podman();
        await store.MustAsync("load", "-i", demo.PathOf("one.tar"));
        await store.MustAsync("load", "-i", demo.PathOf("two.tar"));
        Assert.Contains(one.GetProperty("digest").GetString()!, await store.MustAsync("images", "--digests", "--no-trunc"), StringComparison.Ordinal);
        Assert.Contains("default-model@1", await store.MustAsync("image", "inspect", "--format", "{{index .Labels \"kumiki.versions\"}}", "localhost/credit-risk-server:1"),
            StringComparison.Ordinal);
        Assert.Equal((bits, 300L), await ServedAsync("localhost/credit-risk-server:1", "--tmpfs", "/data"));
        // Another image on the same volume is the update, the former one the rollback, and the log goes on.
        Assert.Equal((bits, 300L), await ServedAsync("localhost/credit-risk-server:1", "-v", "kept:/data"));
        Assert.Equal((newer, 600L), await ServedAsync("localhost/credit-risk-server:2", "-v", "kept:/data"));
        Assert.Equal((bits, 900L), await ServedAsync("localhost/credit-risk-server:1", "-v", "kept:/data"));

        var damaged = await File.ReadAllBytesAsync(demo.PathOf("one.tar"));
        damaged[damaged.AsSpan().IndexOf(Encoding.ASCII.GetBytes("kumiki-release/records.json")) + 1024] ^= 1;
        await File.WriteAllBytesAsync(demo.PathOf("damaged.tar"), damaged);
        using (var fresh = new Podman())
            await Assert.ThrowsAsync<InvalidOperationException>(() => fresh.MustAsync("load", "-i", demo.PathOf("damaged.tar")));

        await File.WriteAllTextAsync(demo.PathOf("a-file"), "");
        foreach (var (arguments, says) in (IEnumerable<(string[], string)>)[
            (["image", "--server", "--release", "7"], "There is no release 7 that was ever live; look at them: kumiki history\n"),
            (["image"], "Name the endpoint that the image answers, or ask for the whole server: kumiki image --server\n"),
            (["image", "--server", "--out", "a-file/x.tar"], $"The image cannot be written to {demo.PathOf("a-file/x.tar")}: ")])
        {
            var refused = await demo.RunAsync(arguments);
            Assert.Equal(1, refused.Code);
            Assert.StartsWith(says, refused.Error, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFileSystemEntries(demo.Folder, "image.tar*"));

        async Task<string> FileAsync(string version, string path) =>
            (await demo.JsonAsync("show", version)).GetProperty("version").GetProperty("files").EnumerateArray().Single(f => f.GetProperty("path").GetString() == path)
                .GetProperty("content").GetString()![2..];

        // Runs an image with a root that cannot be written, asks it, and stops it.
        async Task<(string Bits, long Logged)> ServedAsync(string image, params string[] data)
        {
            using var container = store.Start(["run", "--rm", "--name", "server", "--network", "host", "--read-only", "--cap-drop", "all", "--ulimit", "nofile=1024:1024",
                "--ulimit", "nproc=1024:1024", .. data, image, "--port", "0"]);
            var at = Address(await container.LineAsync("http://"));
            var answered = await AskedAsync(at, rows);
            using var http = new HttpClient { BaseAddress = at };
            var logged = long.Parse((string)(await SqlAsync(http, "SELECT count(*) FROM credit_decision"))[0][0]!, CultureInfo.InvariantCulture);
            await store.MustAsync("stop", "--time", "40", "server");
            Assert.Equal(0, (await container.EndAsync()).Code);
            return (answered, logged);
        }

        static async Task<string> BitsAsync(Demo demo, string rows)
        {
            using var server = demo.Start([], ["serve", "--port", "0", "--log-predictions", "off"]);
            var bits = await AskedAsync(Address(await server.LineAsync("http://")), rows);
            await server.SignalAsync("TERM");
            Assert.Equal(0, (await server.EndAsync()).Code);
            return bits;
        }

        // The bits of both doors.
        static async Task<string> AskedAsync(Uri at, string rows)
        {
            // What is missing in a row is asked as 0 over /v2: there a tensor is told whole.
            var decided = await PredictAsync(at, "/api/endpoints/credit-decision/predict", rows);
            using var http = new HttpClient { BaseAddress = at };
            var inputs = JsonNode.Parse(await http.GetStringAsync("/v2/models/default-model"))!["inputs"]!.AsArray();
            var asked = JsonNode.Parse(rows)!["rows"]!.AsArray();
            var tensors = new JsonArray([.. inputs.Select(i => (JsonNode)new JsonObject
            {
                ["name"] = (string)i!["name"]!, ["datatype"] = (string)i["datatype"]!, ["shape"] = new JsonArray(asked.Count, 1),
                ["data"] = new JsonArray([.. asked.Select(r => r![(string)i["name"]!]?.DeepClone() ?? 0)]),
            })]);
            using var answer = await http.PostAsync("/v2/models/default-model/infer",
                new StringContent(new JsonObject { ["inputs"] = tensors }.ToJsonString(), Encoding.UTF8, "application/json"));
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, body);
            var scores = JsonNode.Parse(body)!["outputs"]![0]!["data"]!.AsArray().Select(s => BitConverter.SingleToInt32Bits(s!.GetValue<float>()));
            return $"{string.Join(' ', decided.Select(p => $"{Bits(p)} {p["answer"]} {p["model"]} {p["threshold"]}"))} / {string.Join(' ', scores)}";
        }

        static async Task<IReadOnlyList<string>> LayersAsync(string archive)
        {
            var index = JsonNode.Parse((await Checkout.RunAsync("tar", "-xOf", archive, "index.json")).Said)!;
            var manifest = JsonNode.Parse((await Checkout.RunAsync("tar", "-xOf", archive, $"blobs/sha256/{((string)index["manifests"]![0]!["digest"]!)[7..]}")).Said)!;
            return [.. manifest["layers"]!.AsArray().Select(l => (string)l!["digest"]!)];
        }
    }

    /// <summary>A throw-away store of images.</summary>
    sealed class Podman : IDisposable
    {
        readonly string folder = Directory.CreateTempSubdirectory("kumiki-podman-").FullName;

        // crun, which podman would take, refuses where control groups are of the old kind; runc takes both.
        string[] All(string[] arguments) =>
            ["--runtime", "/usr/sbin/runc", "--root", Path.Combine(folder, "store"), "--runroot", Path.Combine(folder, "run"), "--storage-driver", "vfs",
                "--cgroup-manager", "cgroupfs", .. arguments];

        public async Task<string> MustAsync(params string[] arguments)
        {
            var (code, said) = await Checkout.RunAsync("podman", All(arguments));
            return code == 0 ? said : throw new InvalidOperationException($"podman {string.Join(' ', arguments)}: {said}");
        }

        public Running Start(params string[] arguments) =>
            new(Process.Start(new ProcessStartInfo("podman", All(arguments))
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true
            })!);

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }

    static Running Start(Demo demo, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Runner, .. arguments])
        {
            WorkingDirectory = demo.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        start.Environment["KUMIKI_LANG"] = "en";
        return new(Process.Start(start)!);
    }

    static async Task<Said> RunnerAsync(Demo demo, params string[] arguments)
    {
        using var runner = Start(demo, arguments);
        var said = await runner.EndAsync();
        return said.Code == 0 ? said : throw new InvalidOperationException($"{string.Join(' ', arguments)}: {said}");
    }

    static Uri Address(string line) => new(line[line.IndexOf("http://", StringComparison.Ordinal)..].Split(' ')[0]);

    static async Task<List<JsonNode>> PredictAsync(Uri at, string path, string rows)
    {
        using var http = new HttpClient { BaseAddress = at };
        using var answer = await http.PostAsync(path, new StringContent(rows, Encoding.UTF8, "application/json"));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return [.. JsonNode.Parse(body)!["predictions"]!.AsArray().Select(p => p!)];
    }

    static async Task<JsonArray[]> SqlAsync(HttpClient http, string sql)
    {
        using var answer = await http.PostAsync("/api/predictions/sql", new StringContent(new JsonObject { ["sql"] = sql, ["rows"] = 10_000 }.ToJsonString(), Encoding.UTF8, "application/json"));
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, body);
        return [.. JsonNode.Parse(body)!["rows"]!.AsArray().Select(r => r!.AsArray())];
    }

    static int Bits(JsonNode prediction) => BitConverter.SingleToInt32Bits(prediction["score"]!.GetValue<float>());

    /// <summary>The first applications, as a caller would send them.</summary>
    static string Rows(Demo demo, int count)
    {
        var lines = File.ReadLines(demo.PathOf("data/applications/applications.csv")).Take(count + 1).Select(l => l.Split(',')).ToList();
        var rows = new JsonArray();
        foreach (var line in lines.Skip(1))
        {
            var row = new JsonObject();
            foreach (var (column, text) in lines[0].Zip(line))
            {
                if (column is "collection_calls" or "defaulted" or "lost_share" || text.Length == 0) continue;
                row[column] = column is "id" or "applied_on" or "sex" or "region" or "employment" or "housing" or "reason" ? text
                    : double.Parse(text, CultureInfo.InvariantCulture) is var number && number == Math.Floor(number) ? (long)number : number;
            }
            rows.Add(row);
        }
        return new JsonObject { ["rows"] = rows }.ToJsonString();
    }
}
