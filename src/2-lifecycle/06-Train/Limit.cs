using System.Globalization;

namespace Kumiki.Training;

/// <summary>A setting and the range it has to be in.</summary>
sealed record Limit(string Name, double Value, double Min, double Max = double.PositiveInfinity, bool MinExcluded = false, bool MaxExcluded = false)
{
    public bool Holds => double.IsFinite(Value) && (MinExcluded ? Value > Min : Value >= Min) && (MaxExcluded ? Value < Max : Value <= Max);

    public Message Says(string learner) => Message.Of("training.parameter", ("learner", learner), ("name", Name), ("value", Value), ("range",
        string.Create(CultureInfo.InvariantCulture,
            $"{(MinExcluded ? '(' : '[')}{Min}, {(double.IsInfinity(Max) ? "∞" : Max)}{(MaxExcluded || double.IsInfinity(Max) ? ')' : ']')}")));
}
