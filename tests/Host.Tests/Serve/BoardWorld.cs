using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Kumiki.Hosting;
using Kumiki.Making;
using Kumiki.Store;
using Xunit;

namespace Kumiki.Host.Tests.Serve;

public sealed record ShopDay(DateOnly Date, string Store, string Item, int Units);

/// <param name="KnownUntil">The last day that was known.</param>
/// <param name="Ahead">Weeks.</param>
public sealed record ShopForecast(string Store, string Item, DateOnly Week, DateOnly KnownUntil, int Ahead, double Prediction, double Lower, double Upper);

public sealed record ShopAccuracy(string Store, string Item, DateOnly Week, DateOnly KnownUntil, int Ahead, double Prediction, double Lower, double Upper,
    double Actual, double? TwoWeeksAgo, string Model, string Kind);

public sealed record BareForecast(string Store, string Item, DateOnly Week, double Prediction);

public sealed class ShopSales : Dataset<ShopDay>
{
    public override Source Source => Source.Csv("sales.csv");
}

public sealed class ShopForecasts : Dataset<ShopForecast>
{
    public override Source Source => Source.Csv("forecasts.csv");
}

public sealed class ShopErrors : Dataset<ShopAccuracy>
{
    public override Source Source => Source.Csv("accuracy.csv");
}

/// <summary>Forecasts that say neither an interval nor what they knew.</summary>
public sealed class BareForecasts(ShopErrors errors) : Dataset<BareForecast>
{
    public override Query Query => $"SELECT store, item, week, prediction FROM {errors} WHERE ahead = 2 AND kind = 'live' ORDER BY store, item, week";
}

public sealed class ShopGoal : Goal
{
    protected override GoalStatement Statement => new() { Problem = "Shelves are filled two weeks ahead.", Measure = "mean absolute error of weekly units", Target = 10, Unit = "bottles", Owner = "planning" };
}

/// <summary>What the planners of three shops look at.</summary>
public sealed class ShopBoard(ShopSales sales, ShopForecasts forecasts, ShopErrors accuracy, ShopGoal goal) : Board<ShopDay>(sales)
{
    protected override void Show(BoardPlan<ShopDay> board) =>
        board.By(r => r.Store).By(r => r.Item).At(r => r.Date).Sum(r => r.Units, unit: "bottles").Forecasts(forecasts).Accuracy(accuracy).Goal(goal);
}

/// <summary>A board of forecasts without accuracy, interval or goal.</summary>
public sealed class BareBoard(ShopSales sales, BareForecasts forecasts) : Board<ShopDay>(sales)
{
    protected override void Show(BoardPlan<ShopDay> board) => board.By(r => r.Store).By(r => r.Item).At(r => r.Date).Sum(r => r.Units).Forecasts(forecasts);
}

/// <summary>A board whose class forgot to name its keys.</summary>
public sealed class KeylessBoard(ShopSales sales) : Board<ShopDay>(sales)
{
    protected override void Show(BoardPlan<ShopDay> board) => board.At(r => r.Date).Sum(r => r.Units);
}

/// <summary>A board of assets that were never made.</summary>
public sealed class EmptySales : Dataset<ShopDay>
{
    public override Source Source => Source.Csv("nowhere.csv");
}

public sealed class EmptyBoard(EmptySales sales) : Board<ShopDay>(sales)
{
    protected override void Show(BoardPlan<ShopDay> board) => board.By(r => r.Store).At(r => r.Date).Sum(r => r.Units);
}

public sealed class CrowdSales : Dataset<ShopDay>
{
    public override Source Source => Source.Csv("crowd.csv");
}

public sealed class LateForecasts : Dataset<ShopForecast>
{
    public override Source Source => Source.Csv("nowhere.csv");
}

/// <summary>A board of ten thousand stores, whose forecasts were never made.</summary>
public sealed class CrowdBoard(CrowdSales sales, LateForecasts forecasts) : Board<ShopDay>(sales)
{
    protected override void Show(BoardPlan<ShopDay> board) => board.By(r => r.Store).By(r => r.Item).At(r => r.Date).Sum(r => r.Units).Forecasts(forecasts);
}

/// <summary>Three shops of two items whose sales are known to the bottle, served with their board.</summary>
/// <remarks>
/// 20 weeks of equal days from Monday 2025-01-06, and three days of the next week. Tea sells 10 a day and juice 5, in kobe twice as much. Forecasts 2 weeks
/// ahead are right but for 3 bottles too many, 3 weeks ahead for 6; their
/// interval reaches 10 to either side. In kobe in the week of 2025-03-31 a festival was cancelled: 100 fewer tea and 50 fewer juice were sold, which no
/// forecast knew. The forecasts of 2025-05-25 say 20 more tea for osaka in the week of
/// 2025-06-02 than those of the week before.
/// </remarks>
public sealed class BoardWorld : IAsyncLifetime
{
    public static readonly DateOnly First = new(2025, 1, 6), BadWeek = new(2025, 3, 31);
    static readonly string[] Stores = ["kobe", "nara", "osaka"], Items = ["juice", "tea"];

    readonly string root = Directory.CreateTempSubdirectory("kumiki-board-").FullName;
    readonly Project project = new();
    DataFolder data = null!;
    Workplace place = null!;
    HttpClient? client;

    internal KumikiServer Server { get; private set; } = null!;
    internal HttpClient Http => client ??= new(new SocketsHttpHandler()) { BaseAddress = Server.Address };
    ProjectGraph Graph => ProjectGraph.Build(project);

    static int Daily(string store, string item) => (item == "tea" ? 10 : 5) * (store == "kobe" ? 2 : 1);

    public static double Weekly(string store, string item, DateOnly week) => Daily(store, item) * 7 - (store == "kobe" && week == BadWeek
        ? 100 * (item == "tea" ? 1.0 : 0.5) : 0);

    static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);

    public async Task InitializeAsync()
    {
        Type[] types = [typeof(ShopSales), typeof(ShopForecasts), typeof(ShopErrors), typeof(BareForecasts), typeof(ShopGoal), typeof(EmptySales),
            typeof(ShopBoard), typeof(BareBoard), typeof(KeylessBoard), typeof(EmptyBoard), typeof(CrowdSales), typeof(LateForecasts), typeof(CrowdBoard)];
        foreach (var type in types) project.Add(type);
        data = DataFolder.Open(Path.Combine(root, ".kumiki"), TimeProvider.System);
        place = new(data.Metadata, data.Artifacts, ProgramClosure.Current(typeof(BoardWorld).Assembly), root, Path.Combine(root, "checkpoints"),
            new Dictionary<string, string>(), ["false"], TimeProvider.System);
        var series = Stores.SelectMany(s => Items.Select(i => (Store: s, Item: i))).ToList();
        List<string> sales = ["date,store,item,units"], accuracy = ["store,item,week,known_until,ahead,prediction,lower,upper,actual,two_weeks_ago,model,kind"];
        for (var day = 0; day < 20 * 7 + 3; day++)
        {
            var (date, week) = (First.AddDays(day), First.AddDays(day / 7 * 7));
            foreach (var (store, item) in series)
            {
                var left = Weekly(store, item, week) - Daily(store, item) * 7;     // what the festival did not sell, all on its first day
                sales.Add(Line($"{date:yyyy-MM-dd},{store},{item},{Daily(store, item) + (date == week ? (int)Math.Max(left, -Daily(store, item)) : Spread(left, store, item, day % 7))}"));
            }
        }
        for (var week = First.AddDays(4 * 7); week < First.AddDays(20 * 7); week = week.AddDays(7))
            foreach (var (store, item) in series)
                foreach (var ahead in (int[])[2, 3])
                {
                    var prediction = Daily(store, item) * 7 + (ahead == 2 ? 3 : 6);
                    accuracy.Add(Line($"{store},{item},{week:yyyy-MM-dd},{week.AddDays(-7 * ahead + 6):yyyy-MM-dd},{ahead},{prediction},{prediction - 10},{prediction + 10},{Weekly(store, item, week)},{Weekly(store, item, week.AddDays(-14))},shop-model@1,live"));
                }
        // A later model was tried on a week that had been forecast already, and was far off: planners were told the other forecast.
        accuracy.Add("nara,juice,2025-05-19,2025-05-11,2,900,890,910,35,35,shop-model@2,test");
        await File.WriteAllLinesAsync(Path.Combine(root, "sales.csv"), sales);
        await File.WriteAllLinesAsync(Path.Combine(root, "accuracy.csv"), accuracy);
        await File.WriteAllLinesAsync(Path.Combine(root, "crowd.csv"),
            ["date,store,item,units", .. Enumerable.Range(0, 10_000).Select(i => Line($"2025-01-06,Store {i:00000},tea,{i % 10}"))]);
        await ForecastAsync(new(2025, 5, 18), 0);
        foreach (var asset in (string[])["shop-sales", "shop-forecasts", "shop-errors", "shop-goal", "bare-forecasts", "crowd-sales"]) await MadeAsync(asset);
        await ForecastAsync(new(2025, 5, 25), 20);
        await MadeAsync("shop-forecasts");
        var served = new Served
        {
            Name = "Shops",
            DataFolder = data.Path,
            Metadata = data.Metadata,
            Artifacts = data.Artifacts,
            Project = (_, _) => Task.FromResult(new ServedProject(Graph, new(Graph, place))),
        };
        Server = await KumikiServer.StartAsync(served, ServeAddress.Of("127.0.0.1", 0), default);
    }

    /// <summary>The rest of what the festival did not sell, day by day until it is spent.</summary>
    static int Spread(double left, string store, string item, int day) => (int)Math.Max(-Daily(store, item), Math.Min(0, left + Daily(store, item) * day));

    async Task ForecastAsync(DateOnly known, double more)
    {
        List<string> rows = ["store,item,week,known_until,ahead,prediction,lower,upper"];
        foreach (var store in Stores)
            foreach (var item in Items)
                for (var ahead = 1; ahead <= 4; ahead++)
                {
                    var week = known.AddDays(1 + 7 * (ahead - 1));
                    var prediction = Daily(store, item) * 7 + (store == "osaka" && item == "tea" && week == new DateOnly(2025, 6, 2) ? more : 0);
                    rows.Add(Line($"{store},{item},{week:yyyy-MM-dd},{known:yyyy-MM-dd},{ahead},{prediction},{prediction - 10},{prediction + 10}"));
                }
        await File.WriteAllLinesAsync(Path.Combine(root, "forecasts.csv"), rows);
    }

    async Task MadeAsync(string asset)
    {
        var end = (await new Maker(Graph, place).MakeAsync(new(asset) { UseNewest = true }, null, default))[^1];
        Assert.True(end.Result is not null, end is MakingEnd.Failed failed ? failed.Why.In("en") : end.ToString());
    }

    internal async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Http.GetStringAsync(path))!;

    internal async Task<(int Status, string Id, string Says)> RefusedAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.AcceptLanguage.Add(new StringWithQualityHeaderValue("en"));
        using var response = await Http.SendAsync(request);
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return ((int)response.StatusCode, (string)problem["id"]!, (string)problem["detail"]!);
    }

    public async Task DisposeAsync()
    {
        client?.Dispose();
        await Server.DisposeAsync();
        await data.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}
