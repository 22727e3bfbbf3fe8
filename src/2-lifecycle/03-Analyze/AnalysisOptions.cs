using Kumiki.Tables;

namespace Kumiki.Analyzing;

/// <summary>What an analysis is asked.</summary>
/// <param name="Dataset">The asset whose rows they are.</param>
sealed record AnalysisOptions(string Dataset)
{
    public string? Target { get; init; }
    public string? Time { get; init; }
    public AnalysisSizes Sizes { get; init; } = new();

    /// <summary>Whether values of a column must not be shown.</summary>
    public Func<ColumnSchema, bool> Hides { get; init; } = _ => false;

    /// <summary>What the expectations of the version found.</summary>
    public IReadOnlyList<ExpectationFound> Expectations { get; init; } = [];

    /// <summary>Distinct values up to which they are counted exactly in tables that are not looked at whole.</summary>
    internal int CountedValues { get; init; } = 200_000;

    /// <exception cref="KumikiException">A column that was named is not in the schema, or of no use as that; or a size is out of range.</exception>
    public void Require(RowSchema schema)
    {
        if (Target is not null && schema.Find(Target) is null) throw Unknown("Target", Target, schema);
        if (Time is null) { }
        else if (schema.Find(Time) is not { } time) throw Unknown("Time", Time, schema);
        else if (time.Kind is not (ColumnKind.DateOnly or ColumnKind.DateTime))
            throw new KumikiException(Message.Of("analysis.time-type", ("dataset", Dataset), ("column", Time), ("type", time.TypeName)));
        if (Sizes.Rows < 1000) throw Small(nameof(Sizes.Rows), Sizes.Rows, 1000);
        if (Sizes.RelatedColumns < 2) throw Small(nameof(Sizes.RelatedColumns), Sizes.RelatedColumns, 2);
        if (Sizes.TopValues < 1) throw Small(nameof(Sizes.TopValues), Sizes.TopValues, 1);
    }

    KumikiException Unknown(string option, string column, RowSchema schema) =>
        new(Message.Of("analysis.no-column", ("option", option), ("dataset", Dataset), ("column", column),
        ("nearest", ColumnName.Nearest(column, schema.Columns.Select(c => c.Name)) ?? schema.Columns[0].Name)));

    static KumikiException Small(string size, int found, int least) => new(Message.Of("analysis.size", ("size", size), ("found", found), ("least", least)));
}
