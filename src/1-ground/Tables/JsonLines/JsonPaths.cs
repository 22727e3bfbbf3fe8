using System.Text;

namespace Kumiki.Tables;

/// <summary>The names of one level of nested JSON, and what each leads to: a column, or the next level.</summary>
sealed class JsonPaths
{
    readonly List<string> names = [];
    readonly List<int> columns = [];
    readonly List<JsonPaths?> levels = [];

    /// <summary>The tree of all columns' paths.</summary>
    internal static JsonPaths Of(RowSchema schema)
    {
        var root = new JsonPaths();
        for (var column = 0; column < schema.Columns.Count; column++)
        {
            var level = root;
            var steps = schema.Columns[column].Path?.Split('.') ?? [schema.Columns[column].Name];
            for (var i = 0; i < steps.Length; i++)
            {
                var at = level.names.IndexOf(steps[i]);
                if (at < 0)
                {
                    at = level.names.Count;
                    level.names.Add(steps[i]);
                    level.columns.Add(-1);
                    level.levels.Add(null);
                }
                if (i == steps.Length - 1) level.columns[at] = column;
                else level = level.levels[at] ??= new();
            }
        }
        return root;
    }

    /// <summary>Looks names of one level up; each worker has its own, which remembers the names it has met and the order they come in.</summary>
    internal sealed class Lookup(JsonPaths of)
    {
        internal const int Unknown = -1;
        internal const int New = -2;
        const int MostKnown = 1000;

        readonly List<(byte[] Name, int Place)> known = [];
        readonly Lookup?[] levels = [.. of.levels.Select(l => l is null ? null : new Lookup(l))];
        int next;

        /// <summary>What a name leads to.</summary>
        /// <returns>Its place; for a name no one asked for <see cref="Unknown"/>, or <see cref="New"/> when it is met for the first time.</returns>
        internal int Find(ReadOnlySpan<byte> name)
        {
            // Most records have their names in the order of the one before.
            for (var i = 0; i < known.Count; i++)
            {
                var at = next + i < known.Count ? next + i : next + i - known.Count;
                if (!name.SequenceEqual(known[at].Name)) continue;
                next = at + 1 == known.Count ? 0 : at + 1;
                return known[at].Place;
            }
            var place = ColumnName.Match(Encoding.UTF8.GetString(name), of.names);
            if (known.Count < MostKnown) known.Add((name.ToArray(), place));
            return place < 0 ? New : place;
        }

        /// <summary>The column at a place; -1 when only a level stands there.</summary>
        internal int Column(int place) => of.columns[place];

        internal Lookup? Level(int place) => levels[place];

        /// <summary>Every column at or below this level.</summary>
        internal IEnumerable<int> Columns() => of.columns.Where(c => c >= 0).Concat(levels.Where(l => l is not null).SelectMany(l => l!.Columns()));
    }
}
