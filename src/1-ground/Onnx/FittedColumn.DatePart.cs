namespace Kumiki;

/// <summary>A number that a date has in the Gregorian calendar; the same as in pandas.</summary>
public enum DatePart
{
    Year,

    /// <summary>1 to 4.</summary>
    Quarter,

    /// <summary>1 to 12.</summary>
    Month,

    /// <summary>1 to 31.</summary>
    Day,

    /// <summary>Monday is 0, Sunday 6.</summary>
    DayOfWeek,

    /// <summary>1 to 366.</summary>
    DayOfYear,

    /// <summary>1 to 53, weeks from Monday; week 1 has the year's first Thursday (ISO 8601).</summary>
    IsoWeek,

    /// <summary>1 on a month's last day, else 0.</summary>
    IsMonthEnd,
}
