using System.Globalization;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

public static partial class TransformGraph
{
    // Days are whole numbers in doubles, in which all of this is exact; a missing day is NaN and so is every part of it.
    sealed partial class Emission
    {
        readonly Dictionary<string, Calendar> calendars = [];

        /// <summary>The date of a block of days, as names of tensors.</summary>
        readonly record struct Calendar(string Year, string Month, string Day, string DayOfYear);

        string Plus(string a, double b) => Node("Add", a, Number(b));
        string Plus(string a, string b) => Node("Add", a, b);
        string Minus(string a, string b) => Node("Sub", a, b);
        string Times(string a, double b) => Node("Mul", a, Number(b));
        string Over(string a, double b) => Node("Floor", Node("Div", a, Number(b)));

        /// <summary>1 where <paramref name="a"/> is less than <paramref name="b"/>, else 0; 0 for a NaN.</summary>
        string IsLess(string a, double b) => Cast(Node("Less", a, Number(b)), TensorType.Double);

        static string Word(DatePart part) => part switch
        {
            DatePart.DayOfWeek => "day of week",
            DatePart.DayOfYear => "day of year",
            DatePart.IsoWeek => "ISO week",
            DatePart.IsMonthEnd => "is month end",
            _ => part.ToString().ToLowerInvariant(),
        };

        string PartOf(string days, DatePart part)
        {
            switch (part)
            {
                case DatePart.Year: return DateOf(days).Year;
                case DatePart.Month: return DateOf(days).Month;
                case DatePart.Quarter: return Over(Plus(DateOf(days).Month, 2), 3);
                case DatePart.Day: return DateOf(days).Day;
                case DatePart.DayOfYear: return DateOf(days).DayOfYear;
                case DatePart.DayOfWeek: return DayOfWeek(days);
                case DatePart.IsoWeek:
                    // The week has the number of its Thursday.
                    var thursday = Plus(Minus(days, DayOfWeek(days)), 3);
                    return Plus(Over(Plus(DateOf(thursday).DayOfYear, -1), 7), 1);
                case DatePart.IsMonthEnd:
                    var isFirst = IsLess(DateOf(Plus(days, 1)).Day, 1.5);
                    return Node("Where", Node("IsNaN", days), days, isFirst);
                default: throw new System.Diagnostics.UnreachableException($"Write {part}.");
            }
        }

        /// <summary>1970-01-01 was a Thursday.</summary>
        string DayOfWeek(string days)
        {
            var fromMonday = Plus(days, 3);
            return Minus(fromMonday, Times(Over(fromMonday, 7), 7));
        }

        /// <summary>Days to year, month and day in years that begin in March. Hinnant, "chrono-compatible low-level date algorithms",
        /// civil_from_days.</summary>
        Calendar DateOf(string days)
        {
            if (calendars.TryGetValue(days, out var known)) return known;
            var shifted = Plus(days, 719468);
            var era = Over(shifted, 146097);
            var dayOfEra = Minus(shifted, Times(era, 146097));
            var leaps = Minus(Plus(Minus(dayOfEra, Over(dayOfEra, 1460)), Over(dayOfEra, 36524)), Over(dayOfEra, 146096));
            var yearOfEra = Over(leaps, 365);
            var century = Over(yearOfEra, 100);
            var daysBefore = Minus(Plus(Times(yearOfEra, 365), Over(yearOfEra, 4)), century);
            var fromMarch = Minus(dayOfEra, daysBefore);
            var monthFromMarch = Over(Plus(Times(fromMarch, 5), 2), 153);
            var day = Plus(Minus(fromMarch, Over(Plus(Times(monthFromMarch, 153), 2), 5)), 1);
            var inOldYear = IsLess(monthFromMarch, 9.5);
            var month = Plus(monthFromMarch, Plus(Times(inOldYear, 12), -9));
            var year = Plus(Plus(yearOfEra, Times(era, 400)), Minus(Number(1), inOldYear));
            // Whether the year of March has a February 29th before it: year of era 0 is one of the 400s.
            var isFourth = IsLess(Minus(yearOfEra, Times(Over(yearOfEra, 4), 4)), 0.5);
            var isHundredth = IsLess(Minus(yearOfEra, Times(century, 100)), 0.5);
            var isLeap = Plus(Minus(isFourth, isHundredth), IsLess(yearOfEra, 0.5));
            var dayOfYear = Plus(fromMarch, Plus(Node("Mul", inOldYear, Plus(isLeap, 60 + 305)), -305));
            return calendars[days] = new(year, month, day, dayOfYear);
        }

        void Event(string column, FittedStep.Event step)
        {
            var days = Cast(block, TensorType.Int64);
            var happens = Node("LabelEncoder", [days],
                [new OnnxAttribute.Ints("keys_int64s", [.. step.Days.Select(d => (long)d)]),
                 new OnnxAttribute.Floats("values_floats", [.. step.Days.Select(_ => 1f)]), new OnnxAttribute.Float("default_float", 0)],
                OnnxModel.MlDomain);
            Inner.Add(new(happens, TensorType.Float, [OnnxModel.Free, 1]));
            var numbers = type == TensorType.Float ? block : Cast(block, TensorType.Float);
            Give(Node("Where", Node("IsNaN", numbers), numbers, happens), $"{column}: {step.Name}");
        }

        /// <summary>Sine and cosine by Taylor's series to the 23rd power over one turn: below 1e-10 off, and the same bits for a row wherever it
        /// stands.</summary>
        void Cycle(IReadOnlyList<string> columns, FittedStep.Cycle step, double[] periods)
        {
            var number = step.Of is { } part ? PartOf(block, part) : block;
            var turns = Node("Div", number, Row(TensorType.Double, periods));
            var what = columns.Zip(periods, (c, p) => step.Of is { } of ? $"{c}: {Word(of)}" : $"{c}: period {p.ToString("R", CultureInfo.InvariantCulture)}").ToArray();
            Give(Cast(SineOfTurns(turns), TensorType.Float), what.Select(w => $"{w} sin"));
            Give(Cast(SineOfTurns(Plus(turns, 0.25)), TensorType.Float), what.Select(w => $"{w} cos"));
        }

        string SineOfTurns(string turns)
        {
            var angle = Times(Minus(turns, Node("Round", turns)), 2 * Math.PI);
            var square = Node("Mul", angle, angle);
            var sum = Number(1);
            for (var power = 23; power > 1; power -= 2) sum = Plus(Node("Mul", Node("Mul", square, Number(-1.0 / (power * (power - 1)))), sum), 1);
            return Node("Mul", angle, sum);
        }
    }
}
