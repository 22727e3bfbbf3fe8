using System.Linq.Expressions;

namespace Kumiki;

// Dates: a missing one makes every part of it missing.
public sealed partial class Features<TRow>
{
    /// <summary>Parts of a date, one feature each. The date itself, as days, is no feature then, unless <see cref="Number"/> names it too.</summary>
    public Features<TRow> Date<TValue>(Expression<Func<TRow, TValue>> column, params IReadOnlyList<DatePart> parts)
    {
        if (parts.Count == 0) throw Bad(nameof(parts), "[]", nameof(DatePart.Month));
        return parts.Aggregate(this, (features, part) => features.With(column, new StepPlan.Date(part)));
    }

    /// <summary>Days from a day; before it they are negative.</summary>
    public Features<TRow> DaysSince<TValue>(Expression<Func<TRow, TValue>> column, DateOnly day) => With(column, new StepPlan.DaysSince(day));

    /// <summary>Sine and cosine of 2π · number / period, so that the end of a period lies beside its start; of a date, of its days since 1970-01-01.</summary>
    /// <param name="period">Above 0: 24 for hours, 365.2425 for days of a year.</param>
    public Features<TRow> Cycle<TValue>(Expression<Func<TRow, TValue>> column, double period) =>
        period > 0 && float.IsFinite((float)period) && float.IsFinite((float)(1 / period))
        ? With(column, new StepPlan.Cycle(period, null)) : throw Bad(nameof(period), period, "> 0");

    /// <summary>Sine and cosine of a part of the date over its period: 4 quarters, 12 months, 31 days, 7 days of the week, 366 days of the year, 53 ISO
    /// weeks.</summary>
    public Features<TRow> Cycle<TValue>(Expression<Func<TRow, TValue>> column, DatePart part) => With(column, new StepPlan.Cycle(part switch
    {
        DatePart.Quarter => 4,
        DatePart.Month => 12,
        DatePart.Day => 31,
        DatePart.DayOfWeek => 7,
        DatePart.DayOfYear => 366,
        DatePart.IsoWeek => 53,
        _ => throw Bad(nameof(part), part,
            string.Join(", ", DatePart.Quarter, DatePart.Month, DatePart.Day, DatePart.DayOfWeek, DatePart.DayOfYear, DatePart.IsoWeek)),
    }, part));

    /// <summary>1 on the days of an event that is known beforehand (holidays, fairs), 0 on others.</summary>
    /// <param name="name">What the feature is called.</param>
    /// <param name="days">The days of all years that training and serving will see; each once.</param>
    public Features<TRow> Event<TValue>(Expression<Func<TRow, TValue>> column, string name, params IReadOnlyList<DateOnly> days) => days.Count > 0
        ? With(column, new StepPlan.Event(name, [.. days.Distinct().Order()])) : throw Bad(nameof(days), "[]", "2024-05-03, 2025-05-03");
}
