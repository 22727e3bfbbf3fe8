using System.Globalization;
using System.Text;
using Kumiki.Predictions;
using Kumiki.Store;

namespace Kumiki.Lifecycle.Tests;

/// <summary>A data folder with a prediction log, and a clock that a test sets.</summary>
sealed class LogWorld : IAsyncDisposable
{
    public static readonly CancellationToken Go = CancellationToken.None;

    readonly string folder = Directory.CreateTempSubdirectory("kumiki-log-").FullName;

    public LogWorld(PredictionLogSettings? settings = null)
    {
        Settings = settings ?? new();
        Data = DataFolder.Open(folder, Clock);
        Log = Open();
    }

    public SetClock Clock { get; } = new();
    public PredictionLogSettings Settings { get; }
    public DataFolder Data { get; private set; }
    public PredictionLog Log { get; private set; }
    public List<Exception> Troubles { get; } = [];
    public string Folder => folder;

    public PredictionReader Reader => new(Data.Metadata, Data.Artifacts, folder, Log);

    public static LoggedShape Credit { get; } = new()
    {
        Endpoint = "credit-decision",
        Version = 4,
        Release = 12,
        Models = ["default-model@7"],
        Threshold = "decline-above@3",
        Inputs = [new("age", "age", "INTEGER"), new("applied_on", "appliedOn", "DATE"), new("region", "region", "VARCHAR")],
        Numbers = ["age"],
        Texts = ["region"],
        Scores = ["score", "spread"],
    };

    PredictionLog Open() => PredictionLog.Open(folder, Data.Metadata, Data.Artifacts, Settings, Clock, e =>
    {
        lock (Troubles) Troubles.Add(e);
    });

    public async Task ReopenAsync()
    {
        await Log.DisposeAsync();
        Log = Open();
        await Log.Recovered;
    }

    public bool Add(string id, int age = 41, string region = "kansai", LoggedShape? shape = null, string? inputs = null, Message? error = null) =>
        Log.TryAdd(new()
        {
            As = Log.Of(shape ?? Credit),
            Id = id,
            At = PredictionLog.Microseconds(Clock.Now),
            LatencyUs = 900,
            QueueUs = 100,
            RunUs = 300,
            Inputs = Encoding.UTF8.GetBytes(inputs ?? $$"""{"age": {{age.ToString(CultureInfo.InvariantCulture)}}, "appliedOn": "2026-02-28", "region": "{{region}}"}"""),
            Numbers = [age],
            Texts = [region],
            Scores = [0.25f, 0.5f],
            Decision = "Grant",
            Trace = "4bf92f3577b34da6a3ce929d0e0e4736",
            Error = error,
        });

    /// <summary>The rows of a query, each as its cells with a bar between; a dash for null.</summary>
    public async Task<IReadOnlyList<string>> SqlAsync(string sql)
    {
        using var reader = Reader;
        var answer = await reader.SqlAsync(sql, new(), Go);
        return [.. answer.Rows.Select(r => string.Join("|", r.Select(c => c ?? "-")))];
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await Data.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
