using System.Globalization;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

public static partial class TransformGraph
{
    sealed partial class Emission
    {
        // The block of numbers now, [N, k], and whether it is of doubles; what is missing is NaN throughout. Of two NaNs the processor keeps one or the other,
        // by where the row stands, so none may change its sign on the way: Abs and Neg would.
        string block = "";
        TensorType type;

        /// <summary>Numbers of one chain: their values, then their indicators.</summary>
        public void Numbers(string at, IReadOnlyList<FittedColumn> columns)
        {
            Start(at, columns);
            type = TensorType.Float;
            block = Crossed(columns);
            var indicators = new List<string>();
            for (var s = 0; s < columns[0].Steps.Count; s++)
            {
                var steps = columns.Select(c => c.Steps[s]).ToArray();
                if (steps[0] is not (FittedStep.Require or FittedStep.Impute or FittedStep.Bins or FittedStep.Event)) Widen();
                switch (steps[0])
                {
                    case FittedStep.Require: break;
                    case FittedStep.Impute first:
                        var missing = Node("IsNaN", block);
                        block = Node("Where", missing, Row(type, steps.Cast<FittedStep.Impute>().Select(i => i.Value)), block);
                        if (first.Indicator) indicators.Add(Cast(missing, TensorType.Float));
                        break;
                    case FittedStep.Scale:
                        var centred = Node("Sub", block, Row(type, steps.Cast<FittedStep.Scale>().Select(i => i.Mean)));
                        block = Node("Div", centred, Row(type, steps.Cast<FittedStep.Scale>().Select(i => i.Deviation == 0 ? 1 : i.Deviation)));
                        break;
                    case FittedStep.Clip:
                        var (low, high) = (Row(type, steps.Cast<FittedStep.Clip>().Select(i => i.Low)), Row(type, steps.Cast<FittedStep.Clip>().Select(i => i.High)));
                        block = Within(block, low, high);
                        break;
                    case FittedStep.Log log:
                        block = log.Signed ? SignedLn(block) : LnOfOneMore(block);
                        break;
                    case FittedStep.Power:
                        block = Power([.. steps.Cast<FittedStep.Power>().Select(p => p.Lambda)]);
                        break;
                    case FittedStep.Bins bins: Bins(columns[0].Name, bins); break;
                    case FittedStep.Event happening: Event(columns[0].Name, happening); break;
                    case FittedStep.Cycle cycle: Cycle([.. columns.Select(c => c.Name)], cycle, [.. steps.Cast<FittedStep.Cycle>().Select(c => c.Period)]); break;
                    case FittedStep.Part part: Give(Cast(PartOf(block, part.Of), TensorType.Float), columns.Select(c => $"{c.Name}: {Word(part.Of)}")); break;
                    case FittedStep.Since:
                        var since = Node("Sub", block, Row(type, steps.Cast<FittedStep.Since>().Select(i => (double)i.Day)));
                        Give(Cast(since, TensorType.Float), columns.Zip(steps.Cast<FittedStep.Since>()).Select(c => $"{c.First.Name}: days since {Day(c.Second.Day)}"));
                        break;
                    default: throw new System.Diagnostics.UnreachableException($"Write {steps[0].GetType().Name}.");
                }
            }
            if (columns[0].GivesNumber) Give(Narrow(columns[0]), columns.Select(c => c.Name));
            foreach (var indicator in indicators) Give(indicator, columns.Select(c => $"{c.Name} is missing"));
        }

        static string Day(int day) => DateOnly.FromDayNumber(new DateOnly(1970, 1, 1).DayNumber + day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        /// <summary>The columns' own tensors, or what is made of two.</summary>
        string Crossed(IReadOnlyList<FittedColumn> columns)
        {
            if (columns[0].Cross is null) return Concat([.. columns.Select(c => TensorOf(c.Name))]);
            type = TensorType.Double;
            var first = Cast(Concat([.. columns.Select(c => TensorOf(c.Cross!.Columns[0].Name))]), type);
            var second = Cast(Concat([.. columns.Select(c => TensorOf(c.Cross!.Columns[1].Name))]), type);
            if (columns[0].Cross is FittedCross.Product) return Node("Mul", first, second);
            var whenZero = Row(type, columns.Select(c => ((FittedCross.Ratio)c.Cross!).WhenZero));
            // Where the upper one is missing the answer is, even over 0.
            return Node("Where", Node("And", Node("Equal", second, Number(0)), Node("Not", Node("IsNaN", first))), whenZero, Node("Div", first, second));
        }

        void Widen()
        {
            if (type == TensorType.Double) return;
            block = Cast(block, TensorType.Double);
            type = TensorType.Double;
        }

        /// <summary>The block as features. What may have grown beyond a float stays within: an infinite feature is refused by many a learner.</summary>
        string Narrow(FittedColumn column)
        {
            if (type == TensorType.Float) return block;
            var grows = column.Cross is not null || column.Steps.Any(s => s is FittedStep.Power or FittedStep.Scale);
            var narrow = Cast(block, TensorType.Float);
            return grows ? Within(narrow, Row(TensorType.Float, float.MinValue), Row(TensorType.Float, float.MaxValue)) : narrow;
        }

        /// <summary>Where and comparisons leave a NaN alone; Min, Max and Clip are not bound to.</summary>
        string Within(string numbers, string low, string high)
        {
            var raised = Node("Where", Node("Less", numbers, low), low, numbers);
            return Node("Where", Node("Greater", raised, high), high, raised);
        }

        /// <summary>The natural logarithm of doubles above 0, as a sum of one: unlike Log, ReduceLogSum takes each by itself.</summary>
        string Ln(string numbers) =>
            Node("ReduceLogSum", [Node("Unsqueeze", numbers, Whole(-1))], [new OnnxAttribute.Ints("axes", [-1]), new OnnxAttribute.Int("keepdims", 0)]);

        string LnOfOneMore(string numbers)
        {
            var inside = Node("Greater", numbers, Number(-1));
            return Node("Where", inside, Ln(Node("Add", Node("Where", inside, numbers, Number(0)), Number(1))), Number(double.NaN));
        }

        string SignedLn(string numbers)
        {
            var isNegative = Node("Less", numbers, Number(0));
            var size = Ln(Node("Add", Node("Where", isNegative, Node("Sub", Number(0), numbers), numbers), Number(1)));
            return Node("Where", isNegative, Node("Sub", Number(0), size), size);
        }

        /// <summary>Yeo–Johnson: with b(x, e) = (x^e − 1) / e, or ln x for e = 0, it is b(1 + max(x, 0), λ) − b(1 + max(−x, 0), 2 − λ).</summary>
        string Power(double[] lambdas)
        {
            var above = Node("Where", Node("Less", block, Number(0)), Number(0), block);
            var below = Node("Where", Node("Greater", block, Number(0)), Number(0), Node("Sub", Number(0), block));
            return Node("Sub", Boxed(above, lambdas), Boxed(below, Array.ConvertAll(lambdas, l => 2 - l)));
        }

        string Boxed(string numbers, double[] exponents)
        {
            const double tiny = 2.220446049250313e-16;
            var flat = Array.ConvertAll(exponents, e => Math.Abs(e) < tiny);
            var raised = Node("Add", numbers, Number(1));
            var exponent = Row(type, exponents.Zip(flat, (e, f) => f ? 1 : e));
            var powers = Node("Div", Node("Sub", Node("Pow", raised, exponent), Number(1)), exponent);
            if (!flat.Contains(true)) return powers;
            return Node("Where", Node("Greater", Row(type, flat.Select(f => f ? 1.0 : 0)), Number(0)), Ln(raised), powers);
        }

        void Bins(string column, FittedStep.Bins step)
        {
            var (numbers, missing) = (block, Node("IsNaN", block));
            var edges = Row(type, step.Edges.Select(e => (double)e));
            var place = step.Edges.Count == 0
                ? Node("Where", missing, numbers, Row(type, 0))
                : Node("Where", missing, numbers, Cast(Count(Node("GreaterOrEqual", numbers, edges)), type));
            if (!step.Apart)
            {
                Give(type == TensorType.Float ? place : Cast(place, TensorType.Float), $"{column}: bin");
                return;
            }
            var bins = Row(type, Enumerable.Range(0, step.Edges.Count + 1).Select(i => (double)i));
            Give(Cast(Node("Equal", place, bins), TensorType.Float), Enumerable.Range(0, step.Edges.Count + 1).Select(i => $"{column}: {Bounds(step.Edges, i)}"));
        }

        string Count(string flags) => Node("ReduceSum", [Cast(flags, TensorType.Float), Whole(1)], [new OnnxAttribute.Int("keepdims", 1)]);

        static string Bounds(IReadOnlyList<float> edges, int bin)
        {
            if (edges.Count == 0) return "any";
            var (low, high) = (bin == 0 ? "" : Written(edges[bin - 1]), bin == edges.Count ? "" : Written(edges[bin]));
            return bin == 0 ? $"below {high}" : bin == edges.Count ? $"from {low}" : $"from {low} to below {high}";
        }

        static string Written(double number) => ((float)number).ToString("R", CultureInfo.InvariantCulture);
    }
}
