using System.Text;

namespace Kumiki.Tables;

/// <summary>Names of columns: from C# to files, and which one was probably meant.</summary>
public static class ColumnName
{
    /// <summary><c>TotalSalesAmount</c> → <c>total_sales_amount</c>, <c>URLPath</c> → <c>url_path</c>, <c>Lag2Weeks</c> → <c>lag2_weeks</c>.</summary>
    public static string Snake(string pascal)
    {
        var snake = new StringBuilder(pascal.Length + 8);
        for (var i = 0; i < pascal.Length; i++)
        {
            var c = pascal[i];
            if (char.IsUpper(c) && i > 0 && pascal[i - 1] != '_')
            {
                var afterWord = !char.IsUpper(pascal[i - 1]);
                var beginsWord = i + 1 < pascal.Length && char.IsLower(pascal[i + 1]);
                if (afterWord || beginsWord) snake.Append('_');
            }
            snake.Append(char.ToLowerInvariant(c));
        }
        return snake.ToString();
    }

    /// <summary>Which of the names a field of a source means: the name itself, else its snake_case, else the same but for capitals.</summary>
    /// <returns>Its place; -1 for none.</returns>
    internal static int Match(string field, IReadOnlyList<string> names)
    {
        var plain = Snake(field.Replace(' ', '_').Replace('-', '_'));
        for (var pass = 0; pass < 3; pass++)
            for (var i = 0; i < names.Count; i++)
                if (pass == 0 ? names[i] == field : pass == 1 ? names[i] == plain : names[i].Equals(field, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    /// <summary>The name nearest to <paramref name="name"/> by edits, when it is near enough to be what was meant: at most a third of its letters.</summary>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        var wanted = Plain(name);
        var best = names.Select(n => (Name: n, Edits: Edits(wanted, Plain(n)))).OrderBy(n => n.Edits).ThenBy(n => n.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Name is not null && best.Edits <= Math.Max(wanted.Length, Plain(best.Name).Length) / 3 ? best.Name : null;
    }

    static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal)
        .Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    // Insertions, deletions, changes, and two neighbours swapped, each one edit (Damerau 1964, the restricted form).
    static int Edits(string a, string b)
    {
        var edits = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    edits[i, j] = i + j;
                    continue;
                }
                edits[i, j] = Math.Min(Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1, edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
            }
        return edits[a.Length, b.Length];
    }
}
