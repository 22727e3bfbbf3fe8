using System.Globalization;
using System.Text;
using Kumiki.Predictions;
using Kumiki.Serving;
using Kumiki.Store;

namespace Kumiki.ReleaseProbe;

/// <summary>A process that takes what offline runners send, for tests that kill it. What it says has been done.</summary>
static class EdgeProcess
{
    internal const int Batches = 4, Records = 30;

    internal static string Record(int number) => string.Create(CultureInfo.InvariantCulture,
        $$"""{"id":"e-{{number}}","at":"2026-03-01T09:{{number / 60:00}}:{{number % 60:00}}Z","endpoint":"credit-decision@1","release":3,"model":"default-model@2","answer":"Grant","score":0.25,"input":{"age":{{20 + number}} } }""");

    /// <summary>Takes all batches of two devices, as runners send them that never heard an answer; half of what the first has is in a file of before.</summary>
    internal static async Task WorkAsync(string folder, Action<string> say)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        await using (var log = PredictionLog.Open(folder, data.Metadata, data.Artifacts, new(), TimeProvider.System, e => say($"trouble {e.Message}")))
        {
            using var reader = new PredictionReader(data.Metadata, data.Artifacts, folder, log);
            using var edge = new EdgeRecords(data.Metadata, data.Artifacts, folder, log, reader);
            for (var batch = 0; batch < Batches; batch++)
                foreach (var device in (string[])["one", "two"])
                {
                    var lines = string.Join('\n', Enumerable.Range(batch * Records, Records).Select(Record));
                    await edge.AddAsync(device, Encoding.UTF8.GetBytes(lines), CancellationToken.None);
                    say(string.Create(CultureInfo.InvariantCulture, $"answered {device} {batch}"));
                    if (batch == 2) await log.ConvertNowAsync(CancellationToken.None);
                }
        }
        say("done");
    }

    /// <summary>What a server of before kept of the first device.</summary>
    internal static void WriteBefore(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "edge"));
        File.WriteAllLines(Path.Combine(folder, "edge", "2026-03-01.jsonl"),
            Enumerable.Range(0, Batches * Records / 2).Select(n => $$"""{"device":"one","record":{{Record(n)}}}"""));
    }
}
