using System.Globalization;
using Kumiki.Onnx;

namespace Kumiki.Preprocessing;

/// <summary>The categories of some rows: each has a code, which is its place in <see cref="Names"/>; a missing one has −1.</summary>
/// <remarks>Names are in the order of their UTF-16 code units; those of a cross are numbers as <see cref="FittedCross.Texts"/> has them, in the order of their
/// parts.</remarks>
sealed class Categories
{
    Categories(string[] names, int[] codes, IReadOnlyList<IReadOnlyList<string>>? parts = null)
    {
        (Names, Codes, Parts) = (names, codes, parts);
        Counts = new int[names.Length];
        foreach (var code in codes)
            if (code < 0) Missing++;
            else Counts[code]++;
    }

    public string[] Names { get; }

    /// <summary>[rows]</summary>
    public int[] Codes { get; }

    /// <summary>Rows of each.</summary>
    public int[] Counts { get; }

    /// <summary>Rows without one.</summary>
    public int Missing { get; }

    /// <summary>For a cross the known texts of its columns.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Parts { get; }

    /// <param name="column">As <see cref="Frame.Coded"/> gives it.</param>
    public static Categories Of((int[] Codes, IReadOnlyList<string> Texts) column, int[] rows)
    {
        // Of the column's texts only those that these rows have are categories.
        var (places, names, codes) = (new int[column.Texts.Count], new List<string>(), new int[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            var code = column.Codes[rows[i]];
            if (code < 0 || column.Texts[code].Length == 0)
            {
                codes[i] = -1;
                continue;
            }
            ref var place = ref places[code];
            if (place == 0)
            {
                names.Add(column.Texts[code]);
                place = names.Count;
            }
            codes[i] = place - 1;
        }
        return Sorted([.. names], codes, StringComparer.Ordinal);
    }

    /// <summary>Two or three columns as one: of the pairs and triples only those that come are categories.</summary>
    public static Categories Of(IReadOnlyList<Categories> parts)
    {
        var codes = new int[parts[0].Codes.Length];
        var places = new Dictionary<long, int>();
        for (var i = 0; i < codes.Length; i++)
        {
            var place = 0L;
            foreach (var part in parts) place = place < 0 || part.Codes[i] < 0 ? -1 : (place * part.Names.Length) + part.Codes[i];
            if (place < 0)
            {
                codes[i] = -1;
                continue;
            }
            if (!places.TryGetValue(place, out var code)) places.Add(place, code = places.Count);
            codes[i] = code;
        }
        var names = places.Keys.Select(p => p.ToString(CultureInfo.InvariantCulture)).ToArray();
        return Sorted(names, codes, ByNumber, [.. parts.Select(p => p.Names)]);
    }

    /// <summary>Digits by the number they are; what is no number after them, by its text.</summary>
    public static Comparer<string> ByNumber { get; } = Comparer<string>.Create((a, b) =>
        (long.TryParse(a, CultureInfo.InvariantCulture, out var x), long.TryParse(b, CultureInfo.InvariantCulture, out var y)) switch
        {
            (true, true) => x.CompareTo(y),
            (false, false) => string.CompareOrdinal(a, b),
            (var isNumber, _) => isNumber ? -1 : 1,
        });

    static Categories Sorted(string[] names, int[] codes, IComparer<string> order, IReadOnlyList<IReadOnlyList<string>>? parts = null)
    {
        var places = Enumerable.Range(0, names.Length).ToArray();
        Array.Sort(names, places, order);
        var moved = new int[names.Length];
        for (var i = 0; i < places.Length; i++) moved[places[i]] = i;
        for (var i = 0; i < codes.Length; i++)
            if (codes[i] >= 0) codes[i] = moved[codes[i]];
        return new(names, codes, parts);
    }

    /// <summary>These with the missing rows in a category.</summary>
    public Categories WithMissingAs(string text)
    {
        var at = Array.BinarySearch(Names, text, StringComparer.Ordinal);
        if (at >= 0) return new(Names, Array.ConvertAll(Codes, c => c < 0 ? at : c));
        at = ~at;
        return new([.. Names[..at], text, .. Names[at..]], Array.ConvertAll(Codes, c => c < 0 ? at : c >= at ? c + 1 : c));
    }
}
