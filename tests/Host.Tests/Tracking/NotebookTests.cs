using System.Text.Json.Nodes;
using Kumiki.Journeys;
using Kumiki.Native.OnnxRuntime;
using Xunit;

namespace Kumiki.Host.Tests.Tracking;

/// <summary>The notebook of systems/CreditRisk, cell after cell by Debian's Python, against a server on a data folder with a version to read.</summary>
public sealed class NotebookTests
{
    const string Run = """
        import json, sys
        cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
        names = {"__name__": "__main__"}
        for number, cell in enumerate(cells, 1):
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
        """;

    [Fact]
    public async Task A_notebook_reads_a_version_logs_a_run_and_hands_back_a_model_that_answers_the_same()
    {
        using var demo = new Demo("CreditRisk");
        await demo.MustAsync("generate-applications", "--rows", "3000");
        await demo.MustAsync("make", "applications", "--stage");
        using var server = demo.Start([], ["serve", "--port", "0"]);
        var address = (await server.LineAsync("answers on")).Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal));

        var (code, said) = await Checkout.RunAsync(demo.Folder, new Dictionary<string, string> { ["MLFLOW_TRACKING_URI"] = address },
            "/usr/bin/python3", ["-W", "ignore", "-c", Run, Checkout.PathOf("systems/CreditRisk/explore.ipynb")]);

        Assert.True(code == 0, said);
        Assert.Contains("applications@1: 3000 rows, 18 columns, digest ", said, StringComparison.Ordinal);
        using var http = new HttpClient { BaseAddress = new(address) };
        var version = (await JsonAsync(http, "/api/2.0/mlflow/registered-models/alias?name=credit-logistic&alias=candidate"))["model_version"]!;
        var run = (await JsonAsync(http, $"/api/2.0/mlflow/runs/get?run_id={version["run_id"]}"))["run"]!;
        Assert.Equal("FINISHED", (string)run["info"]!["status"]!);
        Assert.Equal(["log_loss", "roc_auc"], run["data"]!["metrics"]!.AsArray().Select(m => (string)m!["key"]!));
        var input = run["inputs"]!["dataset_inputs"]![0]!["dataset"]!;
        var data = await JsonAsync(http, "/api/versions/applications/1");
        Assert.Equal(("applications", ((string)data["content"]!)[..32], """{"version": "applications@1"}"""),
            ((string)input["name"]!, (string)input["digest"]!, (string)input["source"]!));
        var history = await JsonAsync(http, $"/api/2.0/mlflow/metrics/get-history?run_id={version["run_id"]}&metric_key=log_loss");
        Assert.Equal(4, history["metrics"]!.AsArray().Count);

        var model = $"/api/2.0/mlflow-artifacts/artifacts/{((string)run["info"]!["artifact_uri"]!)["mlflow-artifacts:/".Length..]}/model";
        var expected = JsonNode.Parse(await http.GetStringAsync($"{model}/expected.json"))!;
        float[][] rows = [.. expected["rows"]!.AsArray().Select(r => r!.AsArray().Select(v => (float)v!).ToArray())];
        using var session = OnnxSession.Open(await http.GetByteArrayAsync($"{model}/model.onnx"));
        using var features = OnnxTensor.Of(TensorType.Float, rows.Length, rows[0].Length);
        for (var row = 0; row < rows.Length; row++) rows[row].CopyTo(features.Values<float>()[(row * rows[0].Length)..]);
        var answers = session.Run([features]);
        using var probability = answers[0];
        var (told, scored) = (expected["probability"]!.AsArray(), probability.Values<float>().ToArray());
        for (var row = 0; row < rows.Length; row++) Assert.Equal((double)told[row]!, scored[row], tolerance: 1e-5);

        var made = await AppearsAsync(http, "/api/versions/credit-logistic/1");
        Assert.Equal(["applications@1"], made["inputs"]!.AsArray().Select(i => (string)i!["version"]!));
        await demo.MustAsync("stage", "credit-logistic@1");

        await server.SignalAsync("TERM");
        Assert.Equal(0, (await server.EndAsync()).Code);
    }

    /// <summary>Waits for a version that the server makes of what was registered.</summary>
    static async Task<JsonNode> AppearsAsync(HttpClient http, string path)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        for (; ; await Task.Delay(100, limit.Token))
        {
            using var answer = await http.GetAsync(path, limit.Token);
            if (answer.IsSuccessStatusCode) return JsonNode.Parse(await answer.Content.ReadAsStringAsync(limit.Token))!;
        }
    }

    static async Task<JsonNode> JsonAsync(HttpClient http, string path) => JsonNode.Parse(await http.GetStringAsync(path))!;
}
