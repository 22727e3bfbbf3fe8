using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Kumiki.Journeys;

/// <summary>A lender's applications, whose truth is known, become a decision that costs less than any rule without a model; two models of one source go to production together.</summary>
public sealed partial class CreditJourney(CreditJourney.Made made) : IClassFixture<CreditJourney.Made>
{
    public sealed class Made : IAsyncLifetime
    {
        internal Demo Demo { get; } = new("CreditRisk");

        public async Task InitializeAsync()
        {
            await Demo.MustAsync("generate-applications", "--rows", "12000");
            foreach (var asset in (string[])["credit-decision", "loss-model", "scorecard"]) await Demo.MustAsync("make", asset, "--upstream", "--stage");
            await Demo.MustAsync("release", "--message", "the first decision");
        }

        public Task DisposeAsync()
        {
            Demo.Dispose();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task The_model_comes_near_the_truth_and_far_beyond_the_old_scorecard()
    {
        var (model, scorecard) = (await MetricAsync("default-model@1", "roc_auc.test"), await MetricAsync("scorecard@1", "roc_auc.test"));
        var truth = TruthAuc(from: new(2025, 9, 3));

        Assert.InRange(truth, 0.74, 0.82);
        Assert.InRange(model, truth - 0.05, truth + 0.01);
        Assert.True(model > scorecard + 0.02, $"The model reaches {model}, the scorecard {scorecard}.");
    }

    [Fact]
    public async Task The_threshold_is_near_where_the_costs_of_both_mistakes_meet()
    {
        var threshold = double.Parse((await made.Demo.JsonAsync("show", "decline-above@1")).GetProperty("version").GetProperty("facts").GetProperty("threshold").GetString()!, CultureInfo.InvariantCulture);

        Assert.InRange(threshold, 0.05, 0.18);      // 45,000 / (45,000 + 400,000) = 0.101 for probabilities that are exactly right
    }

    [Fact]
    public async Task A_model_trained_on_newer_applications_is_held_back_until_the_other_one_has_read_them_too()
    {
        using var demo = await made.Demo.CopyAsync();
        await demo.MustAsync("generate-applications", "--rows", "12500");
        await demo.MustAsync("make", "credit-decision", "--upstream", "--stage");

        var refused = await demo.RunAsync("release");
        await demo.MustAsync("make", "loss-model", "--upstream", "--stage");
        await demo.MustAsync("make", "scorecard", "--stage");
        var (code, said) = await demo.RunAsync("release") is var end ? (end.Code, end.ToString()) : default;

        Assert.Equal(1, refused.Code);
        Assert.Contains("applications@1", refused.Error, StringComparison.Ordinal);
        Assert.Contains("loss-model", refused.Error, StringComparison.Ordinal);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task The_released_decision_answers_programs_with_the_models_own_scores_and_names_what_made_them()
    {
        using var server = made.Demo.Start([], ["serve", "--port", "0"]);
        var line = await server.LineAsync("http://127.0.0.1:");
        using var http = new HttpClient { BaseAddress = new(line[line.IndexOf("http", StringComparison.Ordinal)..].Split(' ')[0]) };
        var (threshold, grey) = (0.0, 0.0);
        using (var detail = JsonDocument.Parse(await http.GetStringAsync("/api/endpoints/credit-decision")))
        {
            var rule = detail.RootElement.GetProperty("decision").GetProperty("rule");
            (threshold, grey) = (rule.GetProperty("value").GetDouble(), rule.GetProperty("greyFrom").GetDouble());
        }
        var rows = File.ReadLines(made.Demo.PathOf("data/applications/applications.csv")).Skip(1).Take(400).Select(l => l.Split(',')).ToList();
        var body = JsonSerializer.Serialize(new { rows = rows.Select(RowOf) });

        using var response = await http.PostAsync("/api/endpoints/credit-decision/predict", new StringContent(body));
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var model = await (await http.PostAsync("/v2/models/default-model/infer", new StringContent(TensorsOf(rows)))).Content.ReadAsStringAsync();
        using var scored = JsonDocument.Parse(model);

        Assert.True(response.IsSuccessStatusCode, answer.RootElement.ToString());
        Assert.Equal("1", response.Headers.GetValues("Kumiki-Release").Single());
        var scores = scored.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(s => s.GetSingle()).ToList();
        var predictions = answer.RootElement.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(scores, predictions.Select(p => p.GetProperty("score").GetSingle()));
        Assert.Equal(scores.Select(s => s >= threshold ? "Decline" : s >= grey ? "Review" : "Grant"), predictions.Select(p => p.GetProperty("answer").GetString()!));
        Assert.Contains("Decline", predictions.Select(p => p.GetProperty("answer").GetString()!));
        Assert.All(predictions, p => Assert.Equal(("default-model@1", "decline-above@1"), (p.GetProperty("model").GetString(), p.GetProperty("threshold").GetString())));

        static Dictionary<string, object?> RowOf(string[] cells) => new()
        {
            ["age"] = int.Parse(cells[2], CultureInfo.InvariantCulture),
            ["region"] = cells[4],
            ["employment"] = cells[5],
            ["employedYears"] = Number(cells[6]),
            ["housing"] = cells[7],
            ["income"] = Number(cells[8]),
            ["amount"] = Number(cells[9]),
            ["months"] = int.Parse(cells[10], CultureInfo.InvariantCulture),
            ["reason"] = cells[11],
            ["late_payments"] = Number(cells[12]) is { } late ? (int)late : null,
            ["savings"] = Number(cells[13]),
            ["other_loans"] = int.Parse(cells[14], CultureInfo.InvariantCulture),
        };

        static double? Number(string cell) => cell.Length == 0 ? null : double.Parse(cell, CultureInfo.InvariantCulture);

        static string TensorsOf(IReadOnlyList<string[]> rows)
        {
            (string Name, int Cell, bool Text)[] columns =
            [
                ("age", 2, false), ("region", 4, true), ("employment", 5, true), ("employed_years", 6, false), ("housing", 7, true), ("income", 8, false), ("amount", 9, false), ("months", 10, false), ("reason", 11, true),
                ("late_payments", 12, false), ("savings", 13, false), ("other_loans", 14, false),
            ];
            return JsonSerializer.Serialize(new
            {
                inputs = columns.Select(c => new
                {
                    name = c.Name,
                    datatype = c.Text ? "BYTES" : "FP32",
                    shape = new[] { rows.Count, 1 },
                    data = rows.Select(r => c.Text ? (object?)r[c.Cell] : Number(r[c.Cell])),
                }),
            });
        }
    }

    [Fact]
    public async Task A_leak_switched_on_fills_the_column_that_is_known_only_afterwards()
    {
        using var demo = new Demo("CreditRisk");
        await demo.MustAsync("generate-applications", "--rows", "500", "--leak");

        var rows = File.ReadLines(demo.PathOf("data/applications/applications.csv")).Skip(1).Select(l => l.Split(',')).ToList();

        Assert.Equal(500, rows.Count);
        Assert.All(rows.Where(r => r[16] == "true"), r => Assert.True(int.Parse(r[15], CultureInfo.InvariantCulture) >= 2));
        Assert.All(rows.Where(r => r[16] == "false"), r => Assert.True(int.Parse(r[15], CultureInfo.InvariantCulture) <= 1));
    }

    [Fact]
    public async Task Equal_seeds_write_equal_files_and_a_day_that_is_none_is_refused()
    {
        using var demo = new Demo("CreditRisk");
        await demo.MustAsync("generate-applications", "--rows", "300", "--out", "one");
        await demo.MustAsync("generate-applications", "--rows", "300", "--out", "two");
        var refused = await demo.RunAsync("generate-applications", "--from", "2024-02-30");

        Assert.Equal(await File.ReadAllBytesAsync(demo.PathOf("one/applications.csv")), await File.ReadAllBytesAsync(demo.PathOf("two/applications.csv")));
        Assert.Equal(1, refused.Code);
        Assert.Contains("'2024-02-30' is no day; write it as 2024-01-31.", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_says_of_every_row_what_the_released_endpoint_answers()
    {
        var demo = made.Demo;
        var lines = File.ReadLines(demo.PathOf("data/applications/applications.csv")).Take(301).Select(l => l.Split(',')).ToList();
        File.WriteAllLines(demo.PathOf("some.csv"), lines.Select(l => string.Join(',', l)));

        var end = await demo.JsonAsync("predict", "credit-decision", "--in", "some.csv", "--out", "decided.csv", "--keys", "id,age");

        var decided = File.ReadLines(demo.PathOf("decided.csv")).Select(l => l.Split(',')).ToList();
        Assert.Equal(["id", "age", "prediction", "decision", "predicted_by", "decided_by"], decided[0]);
        Assert.All(decided.Skip(1), r => Assert.Equal(("default-model@1", "credit-decision@1"), (r[4], r[5])));
        using var server = demo.Start([], ["serve", "--port", "0"]);
        using var http = new HttpClient { BaseAddress = new(Regex.Match(await server.LineAsync("http://"), @"http://\S+").Value) };
        var (head, answers) = (lines[0], new List<(string, string, float)>());
        foreach (var row in lines.Skip(1))
        {
            var fields = head.Zip(row).Where(f => f.Second.Length > 0 && f.First is not ("collection_calls" or "defaulted" or "lost_share")).Select(f => double.TryParse(f.Second, CultureInfo.InvariantCulture, out _)
                ? $"\"{f.First}\":{f.Second}" : $"\"{f.First}\":\"{f.Second}\"");
            using var response = await http.PostAsync("/api/endpoints/credit-decision/predict", new StringContent($"{{{string.Join(',', fields)}}}", System.Text.Encoding.UTF8, "application/json"));
            var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            Assert.True(response.IsSuccessStatusCode, $"{answer}");
            answers.Add((row[0], answer.GetProperty("answer").GetString()!, answer.GetProperty("score").GetSingle()));
        }
        Assert.Equal(answers, decided.Skip(1).Select(r => (r[0], r[3], float.Parse(r[2], CultureInfo.InvariantCulture))));
        Assert.Equal(answers.GroupBy(a => a.Item2).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, (long)g.Count())),
            end.GetProperty("decisions").EnumerateObject().Select(d => (d.Name, d.Value.GetInt64())));
        Assert.True(end.GetProperty("decisions").EnumerateObject().Count() >= 2);
        await server.SignalAsync("TERM");
        await server.EndAsync();
    }

    async Task<double> MetricAsync(string version, string metric) => (await made.Demo.JsonAsync("show", version)).GetProperty("version").GetProperty("metrics").GetProperty(metric).GetDouble();

    /// <summary>The area under the ROC curve that the drawn probabilities themselves reach: no model can be better but by luck.</summary>
    double TruthAuc(DateOnly from)
    {
        var truths = File.ReadLines(made.Demo.PathOf("data/applications/truth/truth.csv")).Skip(1).Select(l => double.Parse(l.Split(',')[1], CultureInfo.InvariantCulture));
        var rows = File.ReadLines(made.Demo.PathOf("data/applications/applications.csv")).Skip(1).Select(l => l.Split(','))
            .Zip(truths, (r, p) => (Day: DateOnly.ParseExact(r[1], "yyyy-MM-dd", CultureInfo.InvariantCulture), Defaulted: r[16] == "true", Probability: p)).Where(r => r.Day >= from).ToList();
        var (bad, good) = (rows.Where(r => r.Defaulted).Select(r => r.Probability).ToList(), rows.Where(r => !r.Defaulted).Select(r => r.Probability).ToList());
        return bad.Sum(b => good.Sum(g => b > g ? 1.0 : b == g ? 0.5 : 0)) / ((double)bad.Count * good.Count);
    }
}
