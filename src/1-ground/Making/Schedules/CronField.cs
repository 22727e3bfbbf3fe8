using System.Globalization;

namespace Kumiki.Making;

/// <summary>One field of a cron expression: the values it names, as bits.</summary>
/// <param name="IsAny">Whether it begins with <c>*</c>, and so names no day where it is one of the two fields of days.</param>
readonly record struct CronField(ulong Values, bool IsAny)
{
    internal sealed record Kind(int Place, string Name, int Min, int Max, string[] Names)
    {
        public bool IsWeekday => Place == 5;

        public string Takes => string.Create(CultureInfo.InvariantCulture, $"{Min}–{Max}{(Names.Length > 0 ? $", {Names[0]}–{Names[^1]}" : "")}");
    }

    /// <summary>The fields in their order. A name stands for its place, counted from the field's smallest value.</summary>
    internal static IReadOnlyList<Kind> Kinds { get; } =
    [
        new(1, "minute", 0, 59, []),
        new(2, "hour", 0, 23, []),
        new(3, "day of month", 1, 31, []),
        new(4, "month", 1, 12, ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        new(5, "day of week", 0, 7, ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
    ];

    internal static CronField Read(Kind kind, string text, string expression)
    {
        var values = 0UL;
        foreach (var part in text.Split(','))
        {
            var slash = part.IndexOf('/', StringComparison.Ordinal);
            var range = slash < 0 ? part : part[..slash];
            var (low, high) = range == "*" ? (kind.Min, kind.IsWeekday ? 6 : kind.Max) : Ends(kind, range, text, expression);
            var step = slash < 0 ? 1 : Number(part[(slash + 1)..]) ?? 0;
            if (slash >= 0 && (step < 1 || !(range == "*" || range.Contains('-', StringComparison.Ordinal)))) throw Unread(kind, text, expression);
            for (var value = low; value <= high; value += step) values |= 1UL << (kind.IsWeekday ? value % 7 : value);
        }
        return new(values, text.StartsWith('*'));
    }

    static (int Low, int High) Ends(Kind kind, string range, string text, string expression)
    {
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var low = Value(kind, dash < 0 ? range : range[..dash]) ?? throw Unread(kind, text, expression);
        if (dash < 0) return (low, low);
        var high = Value(kind, range[(dash + 1)..]) ?? throw Unread(kind, text, expression);
        if (kind.IsWeekday && high == 0 && low > 0) high = 7;      // MON-SUN: a week may end on a Sunday
        return low <= high
            ? (low, high)
            : throw new KumikiException(Message.Of("schedule.cron-backwards", ("cron", expression), ("place", kind.Place), ("field", kind.Name),
                ("range", range), ("mend", $"{low}-{(kind.IsWeekday ? 6 : kind.Max)},{kind.Min}-{high}")));
    }

    static int? Value(Kind kind, string text)
    {
        var name = Array.FindIndex(kind.Names, n => n.Equals(text, StringComparison.OrdinalIgnoreCase));
        var value = name >= 0 ? kind.Min + name : Number(text);
        return value >= kind.Min && value <= kind.Max ? value : null;
    }

    static int? Number(string text) => text.Length <= 4 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    static KumikiException Unread(Kind kind, string text, string expression) =>
        new(Message.Of("schedule.cron-field", ("cron", expression), ("place", kind.Place), ("field", kind.Name), ("text", text), ("takes", kind.Takes)));
}
