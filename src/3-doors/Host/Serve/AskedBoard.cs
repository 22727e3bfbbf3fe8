using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Kumiki.Monitoring;
using Microsoft.AspNetCore.Http;

namespace Kumiki.Hosting;

/// <summary>A board with what an address asks of it.</summary>
sealed record AskedBoard(Served Served, BoardPlan Plan, BoardVersions Versions, BoardFilter Filter)
{
    const int MostValues = 100;
    const string KeyPrefix = "key.";

    /// <returns>The board, or why not.</returns>
    public static async Task<(AskedBoard? Board, Refused? Refused)> OfAsync(string name, HttpContext http, Served served, CancellationToken stop)
    {
        var boards = served.Project is { } project ? (await project([], stop)).Graph.Views.OfType<Board>() : [];
        if (boards.FirstOrDefault(b => b.Name == name)?.Plan is not { } plan)
            return (null, Refused.NotFound(Message.Of("board.no-board", ("board", Asked.Cut(name)))));
        var query = http.Request.Query;
        if (!Choice("use", query["use"], "production", ["production", "newest"], out var use, out var refused)) return (null, refused);
        var keys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (asked, values) in query.Where(q => q.Key.StartsWith(KeyPrefix, StringComparison.Ordinal)))
        {
            var key = asked[KeyPrefix.Length..];
            if (!plan.Keys.Contains(key)) return (null, NoKey(plan, key));
            if (values.Count > MostValues) return (null, Refused.Bad(Message.Of("board.too-many", ("most", MostValues))));
            List<string> wanted = [.. values.OfType<string>().Where(v => v.Length > 0)];
            if (wanted.Count > 0) keys[key] = wanted;
        }
        if (!Day("from", query["from"], out var from, out refused) || !Day("to", query["to"], out var to, out refused)) return (null, refused);
        if (!Asked.Number("ahead", query["ahead"], -1, -1, 1000, out var ahead, out refused)) return (null, refused);
        var versions = await BoardVersions.ReadAsync(plan, served.Metadata, served.Artifacts, newest: use == "newest", stop);
        return (new(served, plan, versions, new(keys, from, to, ahead < 0 ? null : (int)ahead)), null);
    }

    /// <summary>Which page of a table, in which order.</summary>
    /// <param name="columns">By what it can be sorted.</param>
    public bool Table(HttpContext http, IReadOnlyList<string> columns, string usual, out string group, out BoardPage page,
        [NotNullWhen(false)] out Refused? refused)
    {
        var query = http.Request.Query;
        (page, var reader) = (default, new BoardReader(SharedTables.Of(Served.Artifacts), Versions));
        if (!Choice("group", query["group"], Plan.Keys[0], reader.Groups, out group, out refused) || !Choice("sort", query["sort"], usual, columns,
            out var sort, out refused)
            || !Choice("down", query["down"], "true", ["true", "false"], out var down, out refused) || !Asked.Number("offset", query["offset"], 0, 0,
                1_000_000_000, out var offset, out refused)
            || !Asked.Limit(query["limit"], 100, out var limit, out refused)) return false;
        page = new(sort, down == "true", offset, limit);
        return true;
    }

    /// <summary>Reads from the tables, beside the threads that answer.</summary>
    public Task<T> ReadAsync<T>(Func<BoardReader, T> read, CancellationToken stop) => Task.Run(() => read(new(SharedTables.Of(Served.Artifacts), Versions)),
        stop);

    public Refused NoKey(string key) => NoKey(Plan, key);

    static Refused NoKey(BoardPlan plan, string key) => Refused.Bad(Message.Of("board.bad-key", ("key", Asked.Cut(key)), ("board", plan.Name), ("known",
        string.Join(", ", plan.Keys)), ("first", plan.Keys[0])));

    public static bool Choice(string name, string? asked, string usual, IReadOnlyList<string> known, out string chosen,
        [NotNullWhen(false)] out Refused? refused)
    {
        (chosen, refused) = (string.IsNullOrEmpty(asked) ? usual : asked, null);
        if (!known.Contains(chosen)) refused = Refused.Bad(Message.Of("board.bad-choice", ("name", name), ("value", Asked.Cut(chosen)), ("known",
            string.Join(", ", known))));
        return refused is null;
    }

    static bool Day(string name, string? asked, out DateOnly? day, [NotNullWhen(false)] out Refused? refused)
    {
        (day, refused) = (null, null);
        if (string.IsNullOrEmpty(asked)) return true;
        if (DateOnly.TryParseExact(asked, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var read)) day = read;
        else refused = Refused.Bad(Message.Of("board.bad-day", ("name", name), ("value", Asked.Cut(asked))));
        return refused is null;
    }
}
