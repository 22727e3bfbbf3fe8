namespace Kumiki.Onnx;

/// <summary>What was learnt from the training rows for one column, to be done in the graph. Numbers are counted with in 64 bits and become 32-bit floats as
/// features.</summary>
public abstract record FittedStep
{
    FittedStep() { }

    /// <summary>A row in which the column is missing gets no score: NaN. The step gives no feature.</summary>
    public sealed record Require : FittedStep;

    /// <summary>Puts <paramref name="Value"/> where the number is missing.</summary>
    /// <param name="Indicator">Adds a feature that is 1 where it was missing.</param>
    public sealed record Impute(double Value, bool Indicator = false) : FittedStep;

    /// <summary>Reads a missing text as <paramref name="Value"/>.</summary>
    /// <inheritdoc cref="Impute"/>
    public sealed record ImputeText(string Value, bool Indicator = false) : FittedStep;

    /// <summary>(number − <paramref name="Mean"/>) / <paramref name="Deviation"/>; a deviation of 0 counts as 1, as in scikit-learn. Other scales differ in
    /// what the two numbers are: least and range, 0 and greatest size, median and range of quartiles.</summary>
    public sealed record Scale(double Mean, double Deviation) : FittedStep;

    /// <summary>Holds the number within bounds.</summary>
    public sealed record Clip(double Low, double High) : FittedStep;

    /// <summary>ln(1 + number), and missing for −1 and below; or sign · ln(1 + |number|).</summary>
    public sealed record Log(bool Signed = false) : FittedStep;

    /// <summary>Yeo and Johnson's power transform. Biometrika 87 (2000) 954.</summary>
    public sealed record Power(double Lambda) : FittedStep;

    /// <summary>The number of edges that are not above the number: its bin, 0 to |edges|; or one feature a bin. A missing number stays missing, or is all
    /// zeros.</summary>
    /// <param name="Edges">Rising.</param>
    /// <param name="Apart">One feature a bin.</param>
    public sealed record Bins(IReadOnlyList<float> Edges, bool Apart = false) : FittedStep;

    /// <summary>A part of a date.</summary>
    public sealed record Part(DatePart Of) : FittedStep;

    /// <summary>Days from <paramref name="Day"/>, which is counted from 1970-01-01.</summary>
    public sealed record Since(int Day) : FittedStep;

    /// <summary>Sine and cosine of 2π · number / <paramref name="Period"/>, so that the end lies beside the start.</summary>
    /// <param name="Of">Takes that part of the date for the number.</param>
    public sealed record Cycle(double Period, DatePart? Of = null) : FittedStep;

    /// <summary>1 on the days of an event, counted from 1970-01-01, 0 on others.</summary>
    public sealed record Event(string Name, IReadOnlyList<int> Days) : FittedStep;

    /// <summary>One feature for each category, 1 where the text is that category; any other text is all zeros. The empty text among the categories is the
    /// missing one.</summary>
    public sealed record OneHot(params IReadOnlyList<string> Categories) : FittedStep
    {
        /// <summary>Whether one more feature stands for every text that is not listed; a missing one is none of them.</summary>
        public bool Other { get; init; }
    }

    /// <summary>A number for each category.</summary>
    /// <param name="Feature">What it is called.</param>
    /// <param name="Values">One for each category; NaN is missing.</param>
    /// <param name="Unseen">For texts that are not listed.</param>
    /// <param name="Missing">For the missing text.</param>
    public sealed record Table(string Feature, IReadOnlyList<string> Categories, IReadOnlyList<double> Values, double Unseen, double Missing) : FittedStep;

    /// <summary>As many features as buckets: the text's hash says which one is 1 or, signed, −1; a missing text is all zeros. The hash is MurmurHash3 (32 bits)
    /// of the UTF-8, bucket and sign are those of scikit-learn's FeatureHasher; of a cross (a, b, c) it is ((a · m + b) · m + c) mod 2³² with m = 1000003 and
    /// the parts' hashes.</summary>
    public sealed record Hash(int Buckets, uint Seed = 0, bool Signed = true) : FittedStep;

    /// <summary>Whether the step gives features of its own and leaves the number as it is.</summary>
    internal bool Gives => this is Bins or Part or Since or Cycle or Event;

    /// <summary>Whether it is a step of texts.</summary>
    internal bool IsOfTexts => this is ImputeText or OneHot or Table or Hash;

    /// <summary>Whether it makes another number of the number.</summary>
    internal bool Changes => !Gives && !IsOfTexts && this is not Require;
}
