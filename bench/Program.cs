using Kumiki.Bench;

// One line a benchmark. Each is a function in a file of its own, that writes its figures.
var benchmarks = new SortedDictionary<string, (string Says, Func<Figures, CancellationToken, Task> Run)>(StringComparer.Ordinal)
{
    ["analyze"] = ("The analysis report of 10 M rows × 30 columns, beside DuckDB's own SUMMARIZE of the same Parquet table.", AnalyzeOverSummarize.RunAsync),
    ["artifacts"] = ("Files of runs through the tracking server: 1 KB by 1, 8 and 20 clients; 1 GiB beside a loopback echo, SHA-256 and a copy with fsync.", TrackingLoad.FilesAsync),
    ["batch"] = ("A batch prediction of 1 M rows, beside bare ONNX Runtime on the same rows.", BatchOverOnnx.RunAsync),
    ["chain"] = ("The demand forecast of made-up chains of four sizes, up to 1,000 stores × 1,000 items × 3 years: time and memory of each step.", ChainOfShops.RunAsync),
    ["clone"] = ("From `git clone` to the served demo, step by step, and the demo again.", CloneToDemo.RunAsync),
    ["csv"] = ("10 M rows of CSV to checked Parquet, beside bare DuckDB doing the same.", CsvToTable.RunAsync),
    ["demand"] = ("Weekly demand two weeks ahead on real sales: 34 weeks by forecast-demand, beside naive rules and a published forecast.", DemandForecasts.RunAsync),
    ["edge"] = ("The offline runner with a packaged model of 100 trees: start to first answer, anonymous memory, single rows a second.", EdgeRunner.RunAsync),
    ["family"] = ("A family of 1,000 keys from data: rows, models and predictions made, and released as one set.", FamilyOfThousand.RunAsync),
    ["folds"] = ("Eight real tables in 5 × 5 folds: trees and linear learners beside scikit-learn's.", FoldsOverSklearn.RunAsync),
    ["graph"] = ("A graph of 1,000 assets that do nothing: making all, finding all reusable, the state of all.", ThousandAssets.RunAsync),
    ["images"] = ("The image backbone over HTTP, by pixels and by encoded pictures, beside the bare engine; six models on it together and one by one.", ImagesLoad.RunAsync),
    ["json"] = ("4 M rows of JSON lines to checked Parquet, beside bare DuckDB doing the same.", JsonToTable.RunAsync),
    ["kills"] = ("Every test that kills a process, in full: takes an hour or so.", Kills.RunAsync),
    ["machine"] = ("What this machine can do at best: processor, memory, disk.", Machine.RunAsync),
    ["make"] = ("Makings that do nothing, one after another and eight at once, beside their fsyncs.", MakesAndFsyncs.RunAsync),
    ["malformed"] = ("A million malformed requests, JSON, tensors, protobuf, heads and frames, against a served model: what became of them, memory, and whether others noticed.", MalformedRequests.RunAsync),
    ["overload"] = ("A model asked at its capacity and at three times that: how long those taken wait, and how quickly the rest is refused.", Overload.RunAsync),
    ["overload-images"] = ("The same with the image backbone, asked by encoded pictures.", Overload.ImagesAsync),
    ["pages"] = ("Every page on a store of 10,000 versions and 100,000 runs: what it weighs and how long until it is ready, in a browser that has nothing of it.", Pages.RunAsync),
    ["predict"] = ("1 M rows predicted by the verb, CSV to CSV and Parquet to Parquet, beside bare DuckDB that only reads and writes them; rows computed before asked by key.", PredictFiles.RunAsync),
    ["queue"] = ("A queue in the data folder: messages put, taken and done, in batches and by eight clients, beside bare SQLite with the same rows; and a stream over it.", QueueLoad.RunAsync),
    ["prediction-log"] = ("The log of predictions given 10,000 a second: kept up, dropped, processor; and an endpoint over HTTP with and without it, in turns.", PredictionLogLoad.RunAsync),
    ["report"] = ("The test report of a million scored rows: its figures, seconds and bytes a row, and the whole making.", TestReport.RunAsync),
    ["serving"] = ("A model of 100 trees asked as JSON, as bytes and over gRPC by 1, 8 and 64 clients, beside a Kestrel that echoes and the bare engine; memory of 300 models at rest.", ServingLoad.RunAsync),
    ["serving-profile"] = ("Where the time of one request goes: its steps in nanoseconds and bytes, and the server's processor a request by door, beside a Kestrel that echoes.", ServingProfile.RunAsync),
    ["start"] = ("From `kumiki serve` to the first answer, and memory at rest, on an empty folder and on the demo's.", StartToAnswer.RunAsync),
    ["swap"] = ("A release every second for five minutes under load, of a model and of an endpoint: errors, and answers that mix two releases.", ReleaseSwaps.RunAsync),
    ["swap-images"] = ("The same with heads on the image backbone, asked by encoded pictures.", ReleaseSwaps.ImagesAsync),
    ["tracking"] = ("A tracking server under load at 1, 8 and 20 clients: writes and searches among 100,000 runs, beside bare SQLite; memory after a million points.", TrackingLoad.RunAsync),
    ["tracking-postgres"] = ("The same writes and searches on PostgreSQL, beside bare PostgreSQL.", TrackingLoad.PostgresAsync),
    ["train"] = ("Preprocessing and training 1 M rows of 28 floats, beside XGBoost alone, and its peak memory.", TrainOverXGBoost.RunAsync),
    ["transforms"] = ("Transforms learnt from and computed for 1 M rows of 20 columns, beside scikit-learn's ColumnTransformer.", TransformsOverSklearn.RunAsync),
    ["trials"] = ("1,000 trials that do nothing, and whether the 20,000th costs more than the 1,000th.", Trials.RunAsync),
    ["version"] = ("10 M rows of CSV to a whole dataset version, beside bare DuckDB, plain copies and fsync.", CsvToVersion.RunAsync),
};

// A part of the benchmark serving, in a process of its own.
if (args is [ServingLoad.EchoVerb, var port, var http2])
{
    await ServingLoad.EchoAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), int.Parse(http2, System.Globalization.CultureInfo.InvariantCulture));
    return 0;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

if (args is [])
{
    foreach (var (name, benchmark) in benchmarks) Console.WriteLine($"{name,-10} {benchmark.Says}");
    return 0;
}
if (args is not [var wanted] || !benchmarks.TryGetValue(wanted, out var found))
{
    Console.Error.WriteLine($"There is no benchmark '{string.Join(' ', args)}'. There are: {string.Join(", ", benchmarks.Keys)}.");
    return 1;
}
try
{
    await found.Run(new Figures(wanted, Console.Out), stop.Token);
    return 0;
}
catch (BenchmarkException e)
{
    Console.Error.WriteLine($"{wanted}: {e.Message}");
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
