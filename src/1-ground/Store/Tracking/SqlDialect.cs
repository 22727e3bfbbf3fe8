using System.Globalization;

namespace Kumiki.Tracking;

/// <summary>What the databases write differently of a search; all else of it is one text for both.</summary>
abstract class SqlDialect
{
    SqlDialect() { }     // closed: these two and no third

    internal static SqlDialect Sqlite { get; } = new OfSqlite();
    internal static SqlDialect Postgres { get; } = new OfPostgres();

    /// <summary>The mark of the n-th value, from 1.</summary>
    internal abstract string Mark(int number);

    /// <summary>Joins to entries <c>d</c> of an index their runs <c>r</c>, each looked up by its id, never the other way round.</summary>
    internal abstract string RunsOfEntries { get; }

    /// <summary>An order in which what is null comes last, both ways.</summary>
    internal abstract string NullsLast(string column, bool descending);

    /// <summary>A condition by <see cref="LikePattern"/>.</summary>
    /// <param name="mark">Binds a value.</param>
    internal abstract string Like(string column, string pattern, bool anyCase, Func<object, string> mark);

    /// <summary>That an indexed text is just this one, so that its index finds it.</summary>
    internal abstract string Is(string column, string mark);

    /// <summary>What an indexed text is ordered by, so that its index gives the order.</summary>
    internal abstract IReadOnlyList<string> Order(string column);

    sealed class OfSqlite : SqlDialect
    {
        internal override string Mark(int number) => "?" + number.ToString(CultureInfo.InvariantCulture);

        internal override string RunsOfEntries => "CROSS JOIN tracked_runs r ON r.id = d.run";

        /// <summary>SQLite takes nothing for the least, so that a falling order needs no more said and can be an index's.</summary>
        internal override string NullsLast(string column, bool descending) => column + (descending ? " DESC" : " ASC NULLS LAST");

        internal override string Like(string column, string pattern, bool anyCase, Func<object, string> mark) =>
            $"matches({mark(pattern)}, {column}, {(anyCase ? "1" : "0")})";

        internal override string Is(string column, string mark) => $"{column} = {mark}";

        internal override IReadOnlyList<string> Order(string column) => [column];
    }

    sealed class OfPostgres : SqlDialect
    {
        internal override string Mark(int number) => "$" + number.ToString(CultureInfo.InvariantCulture);

        /// <summary>OFFSET keeps the planner from making one join of it, for which it would have to know how many there are; tables that grow fast have no
        /// such figures.</summary>
        internal override string RunsOfEntries => "CROSS JOIN LATERAL (SELECT * FROM tracked_runs WHERE id = d.run OFFSET 0) r";

        internal override string NullsLast(string column, bool descending) => column + (descending ? " DESC NULLS LAST" : "");

        /// <summary>Its own ILIKE minds the letters of the database's locale. Only those that the pattern holds have to become one case for a match, and
        /// <c>translate</c> does that.</summary>
        internal override string Like(string column, string pattern, bool anyCase, Func<object, string> mark)
        {
            if (!anyCase) return $"{column} LIKE {mark(Unescaped(pattern))}";
            var (upper, from, to) = LikePattern.AnyCase(pattern);
            return from.Length == 0 ? $"{column} LIKE {mark(Unescaped(upper))}"
                : $"translate({column}, {mark(from)}, {mark(to)}) LIKE {mark(Unescaped(upper))}";
        }

        static string Unescaped(string pattern) => pattern.Replace("\\", @"\\", StringComparison.Ordinal);

        /// <summary>Of a long text the index holds the beginning.</summary>
        internal override string Is(string column, string mark) => $"left({column}, 200) = left({mark}, 200) AND {column} = {mark}";

        internal override IReadOnlyList<string> Order(string column) => [$"left({column}, 200)", column];
    }
}
