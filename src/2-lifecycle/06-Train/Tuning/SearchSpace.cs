using System.Globalization;
using Kumiki.Making;

namespace Kumiki.Tuning;

/// <summary>What a search tries: the ranges of some parameters of an asset; the others stay as they are.</summary>
/// <remarks>What a trial tries depends on the space, the seed and the trial's number alone, never on the order or the number of those that run at the same time.</remarks>
public sealed class SearchSpace
{
    SearchSpace(AssetNode node, IReadOnlyList<SearchRange> ranges) => (Node, Ranges) = (node, ranges);

    public AssetNode Node { get; }

    /// <summary>In the order of the parameters' names.</summary>
    public IReadOnlyList<SearchRange> Ranges { get; }

    /// <summary>Reads what to search.</summary>
    /// <param name="searches">Each <c>name</c> (its declared range), <c>name=1..9</c>, <c>name=0.1..10:log</c>, <c>name=1..9:5</c> (five points of a grid) or <c>name=3,5,7</c>; none: every parameter whose declaration has two ends, and
    /// every enum and flag.</param>
    /// <exception cref="KumikiException">No such parameter, a value that it does not take, a range without ends or without values; the sentence names the parameter and what it takes.</exception>
    public static SearchSpace Of(AssetNode node, IReadOnlyList<string> searches)
    {
        var ranges = new SortedDictionary<string, SearchRange>(StringComparer.Ordinal);
        foreach (var text in searches)
        {
            var range = Read(node, text);
            if (!ranges.TryAdd(range.Parameter.Name, range)) throw new KumikiException(Message.Of("tune.twice", ("asset", node.Name), ("name", range.Parameter.Name)));
        }
        if (searches.Count == 0)
            foreach (var range in node.Parameters.Select(SearchRange.Declared).OfType<SearchRange>())
            {
                Check(node, range);
                ranges.Add(range.Parameter.Name, range);
            }
        return ranges.Count > 0 ? new(node, [.. ranges.Values]) : throw new KumikiException(Message.Of("tune.nothing", ("asset", node.Name),
            ("known", node.Parameters.Count == 0 ? "-" : string.Join(", ", node.Parameters.Select(p => $"{p.Name} ({p.Kind})")))));
    }

    static SearchRange Read(AssetNode node, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (name, values) = equals < 0 ? (text, null) : (text[..equals], text[(equals + 1)..]);
        if (name.Length == 0 || values is "") throw new KumikiException(Message.Of("tune.spec", ("text", text)));
        if (node.Parameters.FirstOrDefault(p => p.Name == name || p.Property.Name == name) is not { } parameter)
            throw new KumikiException(Message.Of("graph.no-parameter", ("asset", node.Name), ("name", name), ("known", node.Parameters.Count == 0 ? "-" : string.Join(", ", node.Parameters.Select(p => p.Name)))));
        var type = parameter.Property.PropertyType;
        var isText = type == typeof(string) || type == typeof(bool) || type.IsEnum;
        var range = values is null ? SearchRange.Declared(parameter) ?? throw new KumikiException(NoEnds())
            : !isText && values.Contains("..", StringComparison.Ordinal) ? Between(values)
            : new SearchRange.Listed(parameter, [.. values.Split(',', StringSplitOptions.TrimEntries).Select(Value).Distinct()]);
        Check(node, range);
        return range;

        Message NoEnds() => isText
            ? Message.Of("tune.text", ("asset", node.Name), ("name", parameter.Name), ("kind", parameter.Kind))
            : Message.Of("tune.endless", ("asset", node.Name), ("name", parameter.Name), ("kind", parameter.Kind));

        SearchRange Between(string spec)
        {
            var parts = spec.Split(':');
            var ends = parts[0].Split("..");
            var (log, steps) = (parameter.Log, (int?)null);
            foreach (var part in parts.Skip(1))
            {
                if (part == "log") log = true;
                else if (part == "linear") log = false;
                else if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0) steps = count;
                else throw new KumikiException(Message.Of("tune.spec", ("text", text)));
            }
            return ends.Length == 2 ? SearchRange.Of(parameter, Number(ends[0]), Number(ends[1]), log, steps) : throw new KumikiException(Message.Of("tune.spec", ("text", text)));
        }

        double Number(string value) => double.Parse(Value(value.Trim()), CultureInfo.InvariantCulture);

        string Value(string value) =>
            parameter.Written(value) is not { } written ? throw new KumikiException(Message.Of("graph.parameter-value", ("asset", node.Name), ("name", parameter.Name), ("value", value), ("kind", parameter.Kind)))
            : parameter.Takes(value) ? written
            : throw new KumikiException(Message.Of("graph.parameter-range", ("asset", node.Name), ("name", parameter.Name), ("value", value), ("kind", parameter.Kind)));
    }

    static void Check(AssetNode node, SearchRange range)
    {
        var (from, to, log) = range switch
        {
            SearchRange.Whole whole => ((double)whole.Min, (double)whole.Max, whole.Log),
            SearchRange.Real real => (real.Min, real.Max, real.Log),
            _ => (1, 1, false),
        };
        if (!(from <= to)) throw new KumikiException(Message.Of("tune.empty", ("asset", node.Name), ("name", range.Parameter.Name), ("from", from), ("to", to), ("kind", range.Parameter.Kind)));
        if (log && from <= 0) throw new KumikiException(Message.Of("tune.log", ("asset", node.Name), ("name", range.Parameter.Name), ("from", from)));
    }

    /// <summary>How many points the grid has.</summary>
    public double GridPoints => Ranges.Aggregate(1.0, (product, range) => product * range.Points.Count);

    /// <summary>Every combination of the ranges' points; the last parameter changes first.</summary>
    internal IEnumerable<IReadOnlyDictionary<string, string>> Grid()
    {
        var points = Ranges.Select(r => r.Points).ToList();
        var at = new int[points.Count];
        while (true)
        {
            yield return Values(i => points[i][at[i]]);
            var digit = at.Length - 1;
            while (digit >= 0 && ++at[digit] == points[digit].Count) at[digit--] = 0;
            if (digit < 0) yield break;
        }
    }

    /// <summary>Different combinations: first the values the asset has, where the space holds them, then seeded uniform draws.</summary>
    /// <remarks>Bergstra and Bengio 2012, "Random search for hyper-parameter optimization". Each draw is 52 bits of a digest of seed, number and parameter.</remarks>
    /// <returns>Fewer than asked where the space holds no more.</returns>
    internal IEnumerable<IReadOnlyDictionary<string, string>> Draws(long seed, int count)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (Ranges.All(r => r.Holds(r.Parameter.Value))) yield return New(Values(i => Ranges[i].Parameter.Value))!;
        var all = Ranges.Aggregate((double?)1, (product, range) => product * range.Count) ?? double.PositiveInfinity;
        // The last of N values takes N · ln N draws, about; ranges that round to few values end it too.
        for (long draw = 1, most = 1000 + 100L * count; seen.Count < Math.Min(count, all) && draw <= most; draw++)
        {
            var number = draw;
            if (New(Values(i => Ranges[i].At(Uniform(seed, number, Ranges[i].Parameter.Name)))) is { } values) yield return values;
        }

        IReadOnlyDictionary<string, string>? New(IReadOnlyDictionary<string, string> values) => seen.Add(string.Join('\0', values.Values)) ? values : null;
    }

    static double Uniform(long seed, long number, string parameter)
    {
        var digest = Digest.OfParts("draw", seed.ToString(CultureInfo.InvariantCulture), number.ToString(CultureInfo.InvariantCulture), parameter);
        return Convert.ToInt64(digest.Hex[..13], 16) / (double)(1L << 52);
    }

    SortedDictionary<string, string> Values(Func<int, string> value)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < Ranges.Count; i++) values.Add(Ranges[i].Parameter.Name, value(i));
        return values;
    }

    public override string ToString() => string.Join(' ', Ranges);
}
