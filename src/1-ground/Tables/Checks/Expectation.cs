namespace Kumiki.Tables;

/// <summary>One thing expected of a table.</summary>
abstract record Expectation
{
    Expectation() { }

    internal string Name { get; init; } = "";

    /// <summary>No row fulfils the SQL condition <paramref name="Fails"/>.</summary>
    /// <param name="Shown">The columns it is about, for the examples.</param>
    internal sealed record Rows(string Fails, IReadOnlyList<ColumnSchema> Shown) : Expectation;

    internal sealed record Unique(IReadOnlyList<ColumnSchema> Columns) : Expectation;

    internal sealed record Fresh(ColumnSchema Column, int Days) : Expectation;

    internal sealed record Size(long Min, long Max) : Expectation;

    internal sealed record Foreign(IReadOnlyList<ColumnSchema> Columns, string Table, IReadOnlyList<ColumnSchema> Others) : Expectation;

    internal sealed record Near(ColumnSchema Column, double Most) : Expectation;
}
