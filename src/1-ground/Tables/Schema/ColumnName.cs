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

    /// <summary>The name nearest to <paramref name="name"/> by edits, when it is near enough to be what was meant: at most a third of its letters.</summary>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        var wanted = Plain(name);
        var best = names.Select(n => (Name: n, Edits: Edits(wanted, Plain(n)))).OrderBy(n => n.Edits).ThenBy(n => n.Name, StringComparer.Ordinal).FirstOrDefault();
        return best.Name is not null && best.Edits <= Math.Max(wanted.Length, Plain(best.Name).Length) / 3 ? best.Name : null;
    }

    static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.Length];
    }
}
