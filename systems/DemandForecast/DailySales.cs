using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Linq.Expressions;
using Kumiki;

namespace DemandForecast;

/// <summary>What a file says of a day's sales of one item in one store.</summary>
/// <param name="Units">Units sold.</param>
/// <param name="TotalSalesAmount">In the shop's currency.</param>
/// <param name="File">The file that says it.</param>
public sealed record Sale(
    DateOnly Date, string Store, string Item, [property: Column("sales")][Range(0, 100_000)] int Units, [Range(0, 1e9)] decimal TotalSalesAmount,
        [SourceFile] string File);

/// <summary>A day's sales of one item in one store, as the last file has them.</summary>
/// <param name="Said">Files that speak of it.</param>
/// <param name="Corrected">Whether an earlier file said something else.</param>
public sealed record DaySale(DateOnly Date, string Store, string Item, int Units, decimal TotalSalesAmount, string File, int Said, bool Corrected);

/// <summary>Something in the data that people should look at.</summary>
/// <param name="Kind">Such as <c>unknown-store</c>.</param>
/// <param name="AffectedRows">Rows it is about.</param>
public sealed record SalesFinding(string Kind, string? Store, string? Item, DateOnly? Day, int AffectedRows, string Says, string SaysJa);

/// <summary>The sales as they come: every line of every file, a full load or the newest week only. Files may overlap: nothing is lost, and each line keeps its
/// file.</summary>
public sealed class Sales : Dataset<Sale>
{
    internal const string Folder = "data/sales";

    /// <summary>Where the CSV files are.</summary>
    [Parameter] public string Files { get; init; } = Folder + "/*.csv";

    public override Source Source => Source.Csv(Files);

    public override Partition Partition => Partition.ByMonth<Sale>(s => s.Date);
}

/// <summary>One line for each day, store and item: what the last file by name says of it. Lines that cannot be used are kept out, and told by
/// <see cref="SalesFindings"/>.</summary>
/// <remarks>Kept out: stores and items that the masters do not know; days of which one file says two things; a day with more than fifty times the series'
/// median day, and 200 more. What was known at an earlier time is an earlier version of <see cref="Sales"/>, or its rows of earlier files.
/// <para>Nearly all days are told once: only the others are looked at file by file, and medians are taken only where a day is above 200. Series and files are
/// numbers until the end, for what an aggregate keeps of a text cannot leave the memory.</para></remarks>
public sealed class DailySales(Sales sales, Stores stores, Items items) : Dataset<DaySale>
{
    /// <summary>The last day to use, such as 2021-08-01; empty: all there are.</summary>
    [Parameter] public string Until { get; init; } = "";

    protected override bool JoinsAsWritten => true;

    internal static DateOnly LastDay(string until) => until.Length == 0 ? new(9999, 12, 31)
        : DateOnly.TryParseExact(until, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : throw new KumikiException(Message.Of("demand.no-day", ("parameter", "daily-sales.until"), ("value", until)));

    public override Query Query => $"""
        WITH files AS (SELECT file, row_number() OVER (ORDER BY file)::INTEGER AS number FROM (SELECT DISTINCT file FROM {sales})),
        series AS (SELECT store, item, row_number() OVER (ORDER BY store, item)::INTEGER AS series FROM (
          SELECT DISTINCT store, item FROM {sales}
          WHERE (store IN (SELECT name FROM {stores}) OR NOT EXISTS (FROM {stores})) AND (item IN (SELECT name FROM {items}) OR NOT EXISTS (FROM {items})))),
        told AS MATERIALIZED (
          SELECT date, series, min(number) AS file, min(sales) AS units, min(total_sales_amount) AS amount, count(*)::INTEGER AS said
          FROM {sales} JOIN series USING (store, item) JOIN files USING (file) WHERE date <= {LastDay(Until)} GROUP BY date, series),
        again AS MATERIALIZED (SELECT date, store, item, series FROM told JOIN series USING (series) WHERE said > 1),
        told_again AS MATERIALIZED (
          SELECT date, series, number AS file, min(sales) AS units, max(sales) AS most, min(total_sales_amount) AS amount,
              max(total_sales_amount) AS most_amount
          FROM {sales} JOIN again USING (date, store, item) JOIN files USING (file) GROUP BY date, series, number),
        days AS NOT MATERIALIZED (
          SELECT date, series, file, units, amount, said, false AS corrected FROM told WHERE said = 1
          UNION ALL
          SELECT date, series, max(file), arg_max(units, file), arg_max(amount, file), count(*)::INTEGER, min(units) < max(units) OR min(amount) < max(amount)
          FROM told_again WHERE units = most AND amount = most_amount GROUP BY date, series),
        usual AS (SELECT series, median(units) AS middle FROM days SEMI JOIN (FROM days WHERE units > 200) USING (series) GROUP BY series)
        SELECT date, store, item, units, amount AS total_sales_amount, files.file, said, corrected
        FROM days LEFT JOIN usual USING (series) JOIN series USING (series) JOIN files ON files.number = days.file
        WHERE units <= 200 OR units <= 50 * middle + 200
        ORDER BY date, series
        """;
}

/// <summary>What is wrong with sales and masters, one sentence each; everything else goes on.</summary>
public sealed class SalesFindings(Sales sales, DailySales days, Stores stores, Regions regions, Items items, ItemPrices prices) : Dataset<SalesFinding>
{
    protected override Expression<Func<SalesFinding, string>> Tells => Catalogue.ProcessLanguage == "ja" ? f => f.SaysJa : f => f.Says;

    public override Query Query => $"""
        WITH told AS (
          SELECT date, store, item, file, count(*) AS lines, min(sales) < max(sales) OR min(total_sales_amount) < max(total_sales_amount) AS contradicts
              FROM {sales} GROUP BY ALL),
        unknown_store AS (SELECT store, min(date) AS day, count(*)::INTEGER AS n FROM {sales} WHERE store NOT IN (SELECT name FROM {stores})
            AND EXISTS (FROM {stores}) GROUP BY store),
        unknown_item AS (SELECT item, min(date) AS day, count(*)::INTEGER AS n FROM {sales} WHERE item NOT IN (SELECT name FROM {items})
            AND EXISTS (FROM {items}) GROUP BY item),
        unknown_region AS (SELECT name AS store, region FROM {stores} WHERE region NOT IN (SELECT name FROM {regions}) AND EXISTS (FROM {regions})),
        absurd AS (
          SELECT date, store, item, max(sales) AS units, middle FROM {sales} JOIN (SELECT store, item, median(units) AS middle FROM {days}
              SEMI JOIN (FROM {sales} WHERE sales > 200) USING (store, item) GROUP BY store, item) USING (store, item)
          WHERE sales > 50 * middle + 200 GROUP BY ALL),
        corrected AS (SELECT file, min(date) AS day, count(*)::INTEGER AS n FROM {days} WHERE corrected GROUP BY file),
        span AS (SELECT store, min(date) AS first, max(date) AS last FROM {days} GROUP BY store),
        missing AS (
          SELECT store, day FROM (SELECT store, unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE AS day FROM span)
          EXCEPT SELECT store, date FROM {days}),
        gaps AS (
          SELECT store, min(day) AS first, max(day) AS last, count(*)::INTEGER AS n
          FROM (SELECT *, day - (row_number() OVER (PARTITION BY store ORDER BY day))::INTEGER AS run FROM missing) GROUP BY store, run),
        two_prices AS (
          SELECT a.item_name AS item, greatest(a.applied_from, b.applied_from) AS day, a.price AS one, b.price AS other,
                 (least(a.applied_to, b.applied_to) - greatest(a.applied_from, b.applied_from) + 1)::INTEGER AS n
          FROM {prices} a JOIN {prices} b ON a.item_name = b.item_name AND a.price <> b.price AND (a.applied_from, a.price) < (b.applied_from, b.price)
            AND a.applied_from <= b.applied_to AND b.applied_from <= a.applied_to),
        turned AS (SELECT item_name AS item, applied_from AS day, applied_to AS last FROM {prices} WHERE applied_to < applied_from),
        findings AS (
          SELECT 'unknown-store' AS kind, store, NULL AS item, day, n AS affected_rows,
                 'The store ' || store || ' is not among the stores: its lines (' || n || ', from ' || day
                     || ' on) are kept out; add it to the stores, or correct the files.' AS says,
                 '店舗 ' || store || ' は店舗マスターにありません。' || day || ' 以降の ' || n || ' 行を除外しました。マスターに加えるか、ファイルを直してください。' AS says_ja
          FROM unknown_store
          UNION ALL
          SELECT 'unknown-item', NULL, item, day, n,
                 'The item ' || item || ' is not among the items: its lines (' || n || ', from ' || day
                     || ' on) are kept out; add it to the items, or correct the files.',
                 '商品 ' || item || ' は商品マスターにありません。' || day || ' 以降の ' || n || ' 行を除外しました。マスターに加えるか、ファイルを直してください。'
          FROM unknown_item
          UNION ALL
          SELECT 'unknown-region', store, NULL, NULL, 1,
                 'The store ' || store || ' is in the region ' || region || ', which is not among the regions; add it there, or correct the store.',
                 '店舗 ' || store || ' の地域 ' || region || ' が地域マスターにありません。マスターに加えるか、店舗を直してください。'
          FROM unknown_region
          UNION ALL
          SELECT 'contradiction', store, item, date, lines::INTEGER,
                 'The file ' || file || ' says two things of ' || item || ' in ' || store || ' on ' || date
                     || ': both lines are kept out; leave the right one.',
                 'ファイル ' || file || ' に ' || date || ' の ' || store || '・' || item || ' が食い違う 2 行以上あります。どれも除外しました。正しい行だけを残してください。'
          FROM told WHERE contradicts
          UNION ALL
          SELECT 'absurd', store, item, date, 1,
                 'Sales of ' || units || ' of ' || item || ' in ' || store || ' on ' || date || ' are more than fifty times its usual day (' || middle
                     || '): the line is kept out; correct it.',
                 date || ' の ' || store || '・' || item || ' の売上 ' || units || ' は普段の 1 日（' || middle || '）の 50 倍を超えています。除外しました。直してください。'
          FROM absurd
          UNION ALL
          SELECT 'correction', NULL, NULL, day, n,
                 'The file ' || file || ' corrects what earlier files said (days, stores and items: ' || n || ', from ' || day
                     || ' on); what they said is kept in the sales.',
                 'ファイル ' || file || ' が以前のファイルの値を ' || day || ' 以降 ' || n || ' 件訂正しました。以前の値は sales に残っています。'
          FROM corrected
          UNION ALL
          SELECT 'missing-days', store, NULL, first, n,
                 'The store ' || store || ' has no sales from ' || first || ' to ' || last || ' (days: ' || n
                     || '): they count as closed; load what is missing if it was open.',
                 '店舗 ' || store || ' の ' || first || ' から ' || last || ' まで（' || n || ' 日）の売上がありません。休業とみなします。営業していたなら不足分を読み込んでください。'
          FROM gaps
          UNION ALL
          SELECT 'two-prices', NULL, item, day, n,
                 'The item ' || item || ' has two prices from ' || day || ' on, ' || one || ' and ' || other || ' (days: ' || n
                     || '): the one that began later holds, of two that began together the higher; correct their days.',
                 '商品 ' || item || ' に ' || day || ' から 2 つの価格 ' || one || ' と ' || other || ' があります（' || n || ' 日）。後に始まったほう、同時なら高いほうを使います。適用日を直してください。'
          FROM two_prices
          UNION ALL
          SELECT 'turned-price', NULL, item, day, 1,
                 'A price of the item ' || item || ' begins on ' || day || ' but ends before, on ' || last || ': it never holds; correct its days.',
                 '商品 ' || item || ' の価格は ' || day || ' に始まるのに、その前の ' || last || ' に終わります。使われません。適用日を直してください。'
          FROM turned)
        SELECT * FROM findings ORDER BY ALL
        """;
}
