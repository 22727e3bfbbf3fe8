namespace Kumiki.Onnx;

/// <summary>What a table column is to a model.</summary>
public enum ColumnKind
{
    /// <summary>Integers, reals and decimals; a 32-bit float in the graph, a missing one NaN.</summary>
    Number,

    /// <summary>A day; the days since 1970-01-01 as a float.</summary>
    Date,

    /// <summary>0 or 1.</summary>
    Flag,

    /// <summary>A text, the name of an enum's value, or an integer that is a name; a missing one is the empty text.</summary>
    Text,
}

/// <summary>A column of the table, by name.</summary>
public sealed record TableColumn(string Name, ColumnKind Kind);

/// <summary>One column of the table, or a cross of some, and its steps, in order. Steps that give a number work on what the step before gave; steps that give
/// features (bins, parts of a date, categories) give those of the number as it is at their place.</summary>
/// <param name="Name">The column's; for a cross what it is called among the features.</param>
public sealed record FittedColumn(string Name, ColumnKind Kind, params IReadOnlyList<FittedStep> Steps)
{
    /// <summary>Whether the number is a feature beside those that its steps give.</summary>
    /// <value>False: it is one where there are no steps, or steps that change it and none that gives features.</value>
    public bool KeepsNumber { get; init; }

    internal bool GivesNumber => KeepsNumber || Steps.Count == 0 || (Steps.Any(s => s.Changes) && !Steps.Any(s => s.Gives));

    /// <summary>The columns it is made from, where it is no column itself.</summary>
    public FittedCross? Cross { get; init; }

    /// <summary>The table columns it reads.</summary>
    public IReadOnlyList<TableColumn> Reads => Cross?.Columns ?? [new(Name, Kind)];
}

/// <summary>Several columns as one.</summary>
public abstract record FittedCross(params IReadOnlyList<TableColumn> Columns)
{
    /// <summary>Two or three texts together. A category of its steps is the place of each part in <paramref name="Parts"/> as one number: for parts (i, j, k)
    /// it is (i · |second| + j) · |third| + k, in digits; where a part is missing the cross is.</summary>
    /// <param name="Parts">For each column the texts that are known.</param>
    public sealed record Texts(IReadOnlyList<IReadOnlyList<string>> Parts, params IReadOnlyList<TableColumn> Columns) : FittedCross(Columns);

    /// <summary>first × second.</summary>
    public sealed record Product(TableColumn First, TableColumn Second) : FittedCross(First, Second);

    /// <summary>over ÷ under; where under is 0, <paramref name="WhenZero"/>.</summary>
    public sealed record Ratio(TableColumn Over, TableColumn Under, double WhenZero) : FittedCross(Over, Under);
}
