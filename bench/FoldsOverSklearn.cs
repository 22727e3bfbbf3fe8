using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Kumiki.Native.DuckDb;
using Kumiki.Preprocessing;
using Kumiki.Tables;
using Kumiki.Training;
using OnnxKind = Kumiki.Onnx.ColumnKind;

namespace Kumiki.Bench;

/// <summary>Eight real tables, five times cut into five folds: boosted trees and linear learners beside scikit-learn's comparable ones on the same folds.</summary>
/// <remarks>The figure is the log loss of classes, and the root of the mean squared error of numbers. A learner is worse where its mean over the 25 folds is
/// higher by more than the standard error of the paired difference. Trees of either side have the same rounds, depth and rate; for the rest scikit-learn's have
/// their defaults (20 rows a leaf). Ours see four fifths of the rows each, and of the features where there are <see cref="ManyFeatures"/> or more, and a leaf
/// may be small (a tenth of a unit of Hessian): one rule for all tables, chosen with these tables in view. The other side is <c>bench/folds.py</c>, by Debian's python3-sklearn: HistGradientBoosting and, for the linear side, LogisticRegression and Ridge behind a
/// ColumnTransformer.</remarks>
static class FoldsOverSklearn
{
    const int Folds = 5, Repeats = 5, Rounds = 200, Depth = 4;

    /// <summary>Of fewer features none can be spared.</summary>
    const int ManyFeatures = 8;

    /// <summary>Two linear fits of one problem agree to so many parts; less is no difference.</summary>
    const double Same = 1e-5;

    const double LearningRate = 0.05;

    sealed record Table(string Name, string File, string Target, bool Classes, string? Header = null, string Columns = "*");

    static readonly Table[] Tables =
    [
        new("abalone", "tabular-small/abalone.csv", "rings", Classes: false, "sex,length,diameter,height,whole,shucked,viscera,shell,rings"),
        new("banknote", "tabular-small/banknote_authentication.csv", "forged", Classes: true, "variance,skewness,kurtosis,entropy,forged"),
        new("compas", "compas/compas-scores-two-years.csv", "two_year_recid", Classes: true,
            Columns: "sex, age, race, juv_fel_count, juv_misd_count, juv_other_count, priors_count, c_charge_degree, two_year_recid"),
        new("credit", "credit-german/GermanCredit.csv", "credit_risk", Classes: true),
        new("market", "market-arrivals/MarketArrivals.csv", "quantity", Classes: false, Columns: "month, year, price_min: try_cast(\"priceMin\" AS DOUBLE), price_max: \"priceMax\", price_mod: \"priceMod\", state, quantity"),
        new("phoneme", "tabular-small/phoneme.csv", "nasal", Classes: true, "v1,v2,v3,v4,v5,nasal"),
        new("wine", "tabular-small/wine.csv", "cultivar", Classes: true, "v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12,v13,cultivar"),
        new("winequality", "tabular-small/winequality-red.csv", "quality", Classes: false, "v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,quality"),
    ];

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var worse = 0;
        foreach (var table in Tables)
        {
            var (csv, parquet) = (Path.Combine(folder, table.Name + ".csv"), Path.Combine(folder, table.Name + ".parquet"));
            Convert(engine, table, parquet, csv);
            var frame = Read(engine, table, parquet, stop, out var columns);
            var folds = Cut(frame.Rows);
            await File.WriteAllLinesAsync(Path.Combine(folder, table.Name + ".folds"), folds.Select(f => string.Join(' ', f)), stop);
            var theirs = await SklearnAsync(table, csv, Path.Combine(folder, table.Name + ".folds"), stop);
            foreach (var learner in (string[])["trees", "linear"])
            {
                var ours = Ours(table, learner, frame, columns, folds, stop);
                double[] difference = [.. ours.Zip(theirs[learner], (o, t) => o - t)];
                var mean = difference.Average();
                var error = Math.Sqrt(difference.Sum(d => (d - mean) * (d - mean)) / (difference.Length - 1) / difference.Length);
                var isWorse = mean > error && mean > Same * theirs[learner].Average();
                figures.Print($"{table.Name}.{learner}", ours.Average(), table.Classes ? "log loss" : "RMSE");
                figures.Print($"{table.Name}.{learner}.sklearn", theirs[learner].Average(), "");
                figures.Print($"{table.Name}.{learner}.difference", $"{mean.ToString("0.######", CultureInfo.InvariantCulture)} ± {error.ToString("0.######", CultureInfo.InvariantCulture)}", isWorse ? "worse" : "not worse");
                if (isWorse) worse++;
            }
        }
        figures.Print("worse", worse, $"of {Tables.Length * 2}; aim 0");
    });

    static void Convert(TableEngine engine, Table table, string parquet, string csv)
    {
        using var database = DuckDbDatabase.OpenInMemory(engine.MemoryBytes, engine.Threads, engine.SpillFolder);
        using var connection = database.Connect();
        var names = table.Header is null ? "" : $", names = [{string.Join(", ", table.Header.Split(',').Select(n => $"'{n}'"))}]";
        connection.Execute($"CREATE TABLE t AS SELECT {table.Columns} FROM read_csv('{DataFile(table.File)}', header = {(table.Header is null ? "true" : "false")}{names})");
        // A class is a name, whatever it looks like; every number is a double.
        if (table.Classes) connection.Execute($"ALTER TABLE t ALTER {table.Target} TYPE VARCHAR");
        foreach (var number in Numbers(connection)) connection.Execute($"ALTER TABLE t ALTER {number} TYPE DOUBLE");
        connection.Execute($"COPY t TO '{parquet}' (FORMAT parquet)");
        connection.Execute($"COPY t TO '{csv}' (HEADER)");
    }

    static List<string> Numbers(DuckDbConnection connection)
    {
        using var statement = connection.Prepare("SELECT column_name FROM (DESCRIBE t) WHERE column_type NOT IN ('VARCHAR', 'DOUBLE')");
        using var rows = statement.Execute();
        var names = new List<string>();
        while (rows.Next())
            for (var row = 0; row < rows.Chunk.Rows; row++) names.Add((string)rows.Chunk[0].Value(row)!);
        return names;
    }

    static string DataFile(string name)
    {
        for (var up = new DirectoryInfo(Checkout.Root); up is not null; up = up.Parent)
            if (Path.Combine(up.FullName, "shared", "data", name) is var path && File.Exists(path)) return path;
        throw new BenchmarkException($"shared/data/{name} is not beside the checkout.");
    }

    static Frame Read(TableEngine engine, Table table, string parquet, CancellationToken stop, out IReadOnlyList<ColumnSchema> columns)
    {
        using (var reader = new TableReader(engine, [parquet], cancellation: stop))
            columns = [.. reader.Columns.Select(c => new ColumnSchema { Name = c.Name, Property = c.Name, Kind = c.Type.Kind == DuckDbKind.Varchar ? ColumnKind.String : ColumnKind.Double, Nullable = true })];
        var wanted = columns.ToDictionary(c => c.Name, c => c.Kind == ColumnKind.String ? OnnxKind.Text : OnnxKind.Number, StringComparer.Ordinal);
        return Frame.Read(engine, [parquet], wanted, stop, new HashSet<string> { table.Target });
    }

    /// <summary>[repeats][rows] the fold of each row.</summary>
    static int[][] Cut(int rows)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Repeats).Select(_ =>
        {
            int[] folds = [.. Enumerable.Range(0, rows).Select(r => r % Folds)];
            random.Shuffle(folds);
            return folds;
        })];
    }

    static Algorithm Of(string learner, ColumnSchema target, int classes, int features)
    {
        if (learner == "linear") return classes == 0 ? new Ridge(target, 1) : new LogisticRegression(target, classes > 2, 1, 0);
        var loss = classes switch { 0 => TreeLoss.Squared, 2 => TreeLoss.Logistic, _ => TreeLoss.Softmax };
        return new BoostedTrees(target, loss, Rounds, Depth, LearningRate)
        {
            Subsample = 0.8,
            FeatureSample = features < ManyFeatures ? 1 : 0.8,
            MinChildWeight = 0.1,
        };
    }

    static List<double> Ours(Table table, string learner, Frame frame, IReadOnlyList<ColumnSchema> columns, int[][] folds, CancellationToken stop)
    {
        var algorithm = Of(learner, columns.Single(c => c.Name == table.Target), table.Classes ? frame.Coded(table.Target).Texts.Count : 0, columns.Count - 1);
        StepPlan[] numbers = learner == "trees" ? [new StepPlan.Number()] : [new StepPlan.Impute(Impute.Median, false), new StepPlan.Scale(Scale.Standard)];
        var plans = columns.Where(c => c.Name != table.Target)
            .Select(c => new FeaturePlan(c, c.Kind == ColumnKind.String ? [new StepPlan.OneHot(null, 0, false)] : numbers)).ToList();
        var figures = new List<double>();
        foreach (var of in folds)
            for (var fold = 0; fold < Folds; fold++)
            {
                int[] train = [.. Enumerable.Range(0, frame.Rows).Where(r => of[r] != fold)], tried = [.. Enumerable.Range(0, frame.Rows).Where(r => of[r] == fold)];
                figures.Add(FigureOf(train, tried));
            }
        return figures;

        double FigureOf(int[] train, int[] tried)
        {
            var column = TargetColumn.Of(algorithm, frame, train);
            var fitted = ModelFit.Of(table.Name, new Learner(plans, algorithm), frame, column, train, [], new TrainingCourse(0, stop));
            return Figure.Of(algorithm, fitted.Score(frame, column, tried, stop)).Single(f => f.Name == (table.Classes ? "log_loss" : "rmse")).Value;
        }
    }

    static async Task<Dictionary<string, double[]>> SklearnAsync(Table table, string csv, string folds, CancellationToken stop)
    {
        string[] arguments = [Path.Combine(Checkout.Root, "bench", "folds.py"), csv, folds, table.Target, table.Classes ? "classes" : "number", $"{Rounds}", $"{Depth}", LearningRate.ToString(CultureInfo.InvariantCulture)];
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new BenchmarkException("/usr/bin/python3 could not be started.");
        var errors = python.StandardError.ReadToEndAsync(stop);
        var said = await python.StandardOutput.ReadToEndAsync(stop);
        await python.WaitForExitAsync(stop);
        if (python.ExitCode != 0) throw new BenchmarkException($"bench/folds.py failed; it needs Debian's python3-sklearn and python3-pandas: {(await errors).Trim().Split('\n')[^1]}");
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(said)!;
    }
}
