using System.Globalization;
using Kumiki.Predictions;
using Kumiki.Store;

namespace Kumiki.ReleaseProbe;

/// <summary>A process that logs predictions, for tests that kill it. What it says has been done.</summary>
static class LoggingProcess
{
    static readonly CancellationToken Go = CancellationToken.None;

    internal static LoggedShape Shape { get; } = new()
    {
        Endpoint = "credit-decision",
        Version = 1,
        Release = 3,
        Models = ["default-model@2"],
        Inputs = [new("age", "age", "INTEGER")],
        Numbers = ["age"],
    };

    internal static bool Add(PredictionLog log, LoggedAs shape, string id, int age) => log.TryAdd(new()
    {
        As = shape,
        Id = id,
        At = PredictionLog.Microseconds(TimeProvider.System.GetUtcNow()),
        Inputs = System.Text.Encoding.UTF8.GetBytes($$"""{"age": {{age.ToString(CultureInfo.InvariantCulture)}}}"""),
        Numbers = [age],
        Scores = [0.25f],
        Decision = "Grant",
    });

    /// <summary>Four times: thirty predictions, an outcome of the first of them, and files of it all.</summary>
    /// <param name="first">The number of its first prediction, so that several processes use different ones.</param>
    internal static async Task WorkAsync(string folder, int first, Action<string> say)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        await using (var log = PredictionLog.Open(folder, data.Metadata, data.Artifacts, new(), TimeProvider.System, e => say($"trouble {e.Message}")))
        {
            await log.Recovered;
            say("recovered");
            var shape = log.Of(Shape);
            for (var round = 0; round < 4; round++)
            {
                for (var i = 0; i < 30; i++)
                {
                    var id = string.Create(CultureInfo.InvariantCulture, $"p-{first + (30 * round) + i}");
                    if (Add(log, shape, id, 20 + i)) say($"taken {id}");
                }
                await log.FlushAsync();
                say(string.Create(CultureInfo.InvariantCulture, $"durable {first + (30 * round) + 29}"));
                await log.AddAsync([new("credit-decision", string.Create(CultureInfo.InvariantCulture, $"p-{first + (30 * round)}"), 1, "true", TimeProvider.System.GetUtcNow())], Go);
                say(string.Create(CultureInfo.InvariantCulture, $"outcome p-{first + (30 * round)}"));
                if (round != 2) await log.ConvertNowAsync(Go);
            }
        }
        say("done");
    }
}
