using System.Globalization;
using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>The values of one parameter that a search tries.</summary>
/// <remarks>A draw in [0, 1) says which: equal draws are equal values.</remarks>
public abstract record SearchRange(AssetParameter Parameter)
{
    /// <summary>Points of a range in a grid, where it does not say how many.</summary>
    const int UsualPoints = 3;

    /// <summary>How many different values there are; null: too many to count.</summary>
    public abstract long? Count { get; }

    /// <summary>The values of a grid.</summary>
    public abstract IReadOnlyList<string> Points { get; }

    /// <summary>The value at a draw.</summary>
    public abstract string At(double draw);

    /// <summary>Whether it tries this value, or could.</summary>
    public abstract bool Holds(string value);

    /// <summary>Values that are listed, or the only ones there are.</summary>
    public sealed record Listed(AssetParameter Parameter, IReadOnlyList<string> Values) : SearchRange(Parameter)
    {
        public override long? Count => Values.Count;
        public override IReadOnlyList<string> Points => Values;
        public override string At(double draw) => Values[(int)(draw * Values.Count)];
        public override bool Holds(string value) => Values.Contains(value);
        public override string ToString() => $"{Parameter.Name}={string.Join(',', Values)}";
    }

    /// <summary>Whole numbers, both ends included.</summary>
    /// <param name="Steps">Points in a grid.</param>
    public sealed record Whole(AssetParameter Parameter, long Min, long Max, bool Log, int? Steps) : SearchRange(Parameter)
    {
        public override long? Count => Max - Min + 1;
        public override IReadOnlyList<string> Points => Grid(Steps ?? UsualPoints, share => Written((long)Math.Round(Log ? Between(Math.Log(Min), Math.Log(Max), share, Math.Exp) : Min + share * (Max - (double)Min))));

        // Each number has its interval up to the next, so that the ends come as often as their neighbours.
        public override string At(double draw) => Written((long)Math.Floor(Log ? Between(Math.Log(Min), Math.Log(Max + 1.0), draw, Math.Exp) : Min + draw * (Max - (double)Min + 1)));
        public override bool Holds(string value) => long.Parse(value, CultureInfo.InvariantCulture) is var number && number >= Min && number <= Max;
        public override string ToString() => $"{Parameter.Name}={Min}..{Max}{(Log ? ":log" : "")}";

        string Written(long value) => Math.Clamp(value, Min, Max).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Numbers, rounded to four digits.</summary>
    /// <param name="Steps">Points in a grid.</param>
    public sealed record Real(AssetParameter Parameter, double Min, double Max, bool Log, int? Steps) : SearchRange(Parameter)
    {
        public override long? Count => Min == Max ? 1 : null;
        public override IReadOnlyList<string> Points => Grid(Steps ?? UsualPoints, At);
        public override string At(double draw) => Written(Log ? Between(Math.Log(Min), Math.Log(Max), draw, Math.Exp) : Min + draw * (Max - Min));
        public override bool Holds(string value) => double.Parse(value, CultureInfo.InvariantCulture) is var number && number >= Min && number <= Max;
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Parameter.Name}={Min}..{Max}{(Log ? ":log" : "")}");

        string Written(double value)
        {
            var rounded = Math.Clamp(double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), Min, Max);
            return Parameter.Written(Parameter.Property.PropertyType == typeof(decimal) ? ((decimal)rounded).ToString(CultureInfo.InvariantCulture) : rounded.ToString("R", CultureInfo.InvariantCulture))!;
        }
    }

    private protected static double Between(double from, double to, double share, Func<double, double> back) => back(from + share * (to - from));

    private protected static IReadOnlyList<string> Grid(int steps, Func<double, string> at) => [.. Enumerable.Range(0, steps).Select(i => at(steps == 1 ? 0 : i / (steps - 1.0))).Distinct()];

    /// <summary>What a parameter is searched over by its declaration.</summary>
    /// <returns>Null where it has no two ends.</returns>
    internal static SearchRange? Declared(AssetParameter parameter)
    {
        var type = parameter.Property.PropertyType;
        if (type == typeof(bool)) return new Listed(parameter, ["false", "true"]);
        if (type.IsEnum) return new Listed(parameter, Enum.GetNames(type));
        return type != typeof(string) && double.IsFinite(parameter.Min) && double.IsFinite(parameter.Max) ? Of(parameter, parameter.Min, parameter.Max, parameter.Log, null) : null;
    }

    internal static SearchRange Of(AssetParameter parameter, double min, double max, bool log, int? steps) =>
        parameter.Property.PropertyType == typeof(int) || parameter.Property.PropertyType == typeof(long)
            ? new Whole(parameter, (long)Math.Ceiling(min), (long)Math.Floor(max), log, steps)
            : new Real(parameter, min, max, log, steps);
}
