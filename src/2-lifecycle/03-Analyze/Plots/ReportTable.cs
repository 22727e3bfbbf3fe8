namespace Kumiki.Reports;

/// <summary>A column's title; a column of numbers stands at the right.</summary>
readonly record struct Head(string Text, bool IsNumber = false)
{
    public static implicit operator Head(string text) => new(text);

    public static Head Number(string text) => new(text, IsNumber: true);
}

/// <summary>A cell of a table.</summary>
/// <param name="Link">Where its text leads, such as <c>#column-3</c>.</param>
/// <param name="Share">Draws a bar of that share, in [0, 1], under the text.</param>
readonly record struct Cell(string Text, string? Link = null, double? Share = null)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>Rows under titles; every row has a cell for each title.</summary>
sealed record ReportTable(IReadOnlyList<Head> Heads, IReadOnlyList<IReadOnlyList<Cell>> Rows)
{
    /// <summary>What the table holds, for those who meet it alone.</summary>
    public string? Caption { get; init; }
}

/// <summary>How much a finding matters; told by word and sign, not by colour alone.</summary>
enum Weight { Note, Look, Act }

/// <summary>A sentence at the top of a report.</summary>
/// <param name="Link">The place it is about, such as <c>#column-3</c>.</param>
/// <param name="About">That place's name.</param>
sealed record ReportFinding(Weight Weight, string Text, string? Link = null, string? About = null);
