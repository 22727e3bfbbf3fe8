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

/// <summary>What was learnt from the training rows for one column, to be done in the graph.</summary>
public abstract record FittedStep
{
    FittedStep() { }

    /// <summary>Puts <paramref name="Value"/> where the number is missing.</summary>
    /// <param name="Indicator">Adds a feature that is 1 where it was missing.</param>
    public sealed record Impute(double Value, bool Indicator = false) : FittedStep;

    /// <summary>(number − <paramref name="Mean"/>) / <paramref name="Deviation"/>; a deviation of 0 counts as 1, as in scikit-learn.</summary>
    public sealed record Scale(double Mean, double Deviation) : FittedStep;

    /// <summary>One feature for each category, 1 where the text is that category; any other text is all zeros.</summary>
    public sealed record OneHot(params IReadOnlyList<string> Categories) : FittedStep;
}

/// <summary>One column of the table and its steps, in order. A number without steps goes into the features as it is.</summary>
public sealed record FittedColumn(string Name, ColumnKind Kind, params IReadOnlyList<FittedStep> Steps);
