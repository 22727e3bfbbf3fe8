using Kumiki.Analyzing;
using Kumiki.Tables;

namespace Kumiki.Bench;

/// <summary>The analysis report of a large table (columns, duplicates, copies, relations, a target, time, JSON and page), beside DuckDB's SUMMARIZE of the same
/// Parquet file with the same threads and memory in the same
/// process, by turns.</summary>
/// <remarks>SUMMARIZE does less: least, greatest, mean, deviation, three approximate quantiles, missing, and distinct values 13 % off.</remarks>
static class AnalyzeOverSummarize
{
    const int Rows = 10_000_000, Rounds = 3;
    const double Aim = 2;

    internal sealed record Row(double F0, double F1, double F2, double F3, double F4, double F5, double F6, double F7, double F8, double F9, int N0, int N1,
        int N2, int N3, int N4, int N5, long Id, decimal D0, decimal D1, decimal D2,
        string S0, string S1, string S2, string S3, string S4, string S5, DateOnly Day, DateTime At, bool B0, double? M0);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        using var engine = new TableEngine(new() { SpillFolder = Path.Combine(folder, "spill") });
        var file = Path.Combine(folder, "rows.parquet");
        Make(engine, file, stop);
        var options = new AnalysisOptions("rows") { Target = "b0", Time = "day" };
        List<Spent> ours = [], bare = [];
        for (var round = 0; round < Rounds; round++)
        {
            var (bytes, spent) = await Spent.OfAsync(() => Task.Run(() =>
            {
                var report = TableAnalysis.Of(engine, [file], RowSchema.Of<Row>(), options, stop);
                if (report.Rows != Rows
                    || report.Columns.Count != 30) throw new BenchmarkException($"The report is of {report.Rows} rows and {report.Columns.Count} columns.");
                return report.ToJson().Length + AnalysisPage.Of(report, "rows@1", "en").Length;
            }, stop));
            var other = await Spent.OfAsync(() => Task.Run(() => Summarize(engine, file, stop), stop));
            ours.Add(spent);
            bare.Add(other);
            figures.Print($"round{round + 1}", $"{spent.Wall:0.0} s beside {other.Wall:0.0} s; of the processor {spent.Cpu:0.0} s beside {other.Cpu:0.0}");
            if (round == 0) figures.Print("size", bytes / 1e6, "MB of JSON and page");
        }
        figures.Print("report", [.. ours.Select(s => s.Wall)], "s");
        figures.Print("summarize", [.. bare.Select(s => s.Wall)], "s");
        figures.Print("ratio", [.. ours.Zip(bare, (o, b) => o.Wall / b.Wall)], "x");
        figures.Print("ratio.aim", Aim, "x at most");
        figures.Print("report.cpu", [.. ours.Select(s => s.Cpu)], "s");
        figures.Print("summarize.cpu", [.. bare.Select(s => s.Cpu)], "s");
        figures.Print("ratio.cpu", [.. ours.Zip(bare, (o, b) => o.Cpu / b.Cpu)], "x");
    });

    static void Summarize(TableEngine engine, string file, CancellationToken stop)
    {
        using var connection = engine.Connect();
        using var statement = connection.Prepare($"SUMMARIZE SELECT * FROM {SqlText.Rows([file])}");
        using var rows = statement.Execute(stop);
        if (!rows.Next() || rows.Chunk.Rows != 30) throw new BenchmarkException("SUMMARIZE did not tell of 30 columns.");
    }

    /// <summary>Ten wide-spread doubles, six integers of 2 to a million values, an identifier, three decimals, six texts of 5 to 200,000 values, a day, a time,
    /// a truth, and a double with holes.</summary>
    static void Make(TableEngine engine, string file, CancellationToken stop)
    {
        string Hash(int seed) => FormattableString.Invariant($"hash(i * {2 * seed + 3})");
        var columns = new List<string>();
        for (var c = 0; c < 10; c++) columns.Add(FormattableString.Invariant($"({Hash(c)} % 1000000007) / 1e{c % 5 + 2} * (CASE WHEN {Hash(c + 40)} % 10 = 0 THEN {c + 1} ELSE 1 END) AS f{c}"));
        foreach (var (values, c) in ((int[])[10, 100, 1000, 20_000, 1_000_000, 2])
            .Select((v, c) => (v, c))) columns.Add(FormattableString.Invariant($"({Hash(c + 50)} % {values})::INTEGER AS n{c}"));
        columns.Add("i::BIGINT AS id");
        for (var c = 0; c < 3; c++) columns.Add(FormattableString.Invariant($"(({Hash(c + 100)} % 1000000) / 100)::DECIMAL(18,4) AS d{c}"));
        foreach (var (values, c) in ((int[])[5, 12, 300, 5000, 200_000, 50])
            .Select((v, c) => (v, c))) columns.Add(FormattableString.Invariant($"'cat_' || {Hash(c + 150)} % {values} AS s{c}"));
        columns.Add("DATE '2020-01-01' + (i % 900)::INT AS day");
        columns.Add("TIMESTAMP '2020-01-01' + to_seconds((i * 7)::BIGINT) AS at");
        columns.Add($"{Hash(2)} % 3 = 0 AS b0");
        columns.Add($"CASE WHEN {Hash(3)} % 5 = 0 THEN NULL ELSE {Hash(4)} % 1000 / 10.0 END AS m0");
        using var connection = engine.Connect();
        connection.Execute($"COPY (SELECT {string.Join(", ", columns)} FROM range({Rows}) t(i)) TO {SqlText.Quote(file)} ({ParquetForm.Options})", stop);
    }
}
