using Kumiki.Onnx;
using Kumiki.Tables;
using OnnxKind = Kumiki.Onnx.ColumnKind;
using TableKind = Kumiki.Tables.ColumnKind;

namespace Kumiki.Preprocessing;

/// <summary>Learns the steps of features from training rows. Figures are scikit-learn's 1.2.1 within 1e-6 of their size: FittingTests and TransformGoldenTests
/// compare them.</summary>
/// <remarks>1. <see cref="Reads"/> says which columns to read, 2. <see cref="Keep"/> leaves out rows that lack a required column, 3. <c>Of</c> learns, 4. the
/// graph of what was learnt computes the features, 5. <see cref="Fitted.ReplaceIn"/> puts the out-of-fold values where the training rows' own targets must not
/// be.</remarks>
static partial class Fitting
{
    /// <summary>Raised when the same rows would give other steps or other features.</summary>
    public const string Recipe = "3";

    /// <summary>Features that one column may have. Measured: a feature costs 1.2 ns a row, but 4 bytes of each training row too, so that 1,024 make 4 GB of a
    /// million rows and 50,000 would make 200 GB.</summary>
    public const int MostCategories = 1024;

    /// <summary>The table columns that features read, and what each is to the model.</summary>
    /// <exception cref="KumikiException">A column is read as a number and as a category.</exception>
    public static IReadOnlyDictionary<string, OnnxKind> Reads(IReadOnlyList<FeaturePlan> plans)
    {
        var all = new Dictionary<string, OnnxKind>(StringComparer.Ordinal);
        foreach (var plan in plans.Where(p => !IsOnlyRequired(p)))
            foreach (var column in plan.Columns)
            {
                var kind = Frame.KindOf(column, plan.IsCategory);
                if (all.TryGetValue(column.Name, out var other) && other != kind)
                    throw new KumikiException(Message.Of("features.mixed", ("column", column.Name)));
                all[column.Name] = kind;
            }
        // What is only required is read as whatever else it is.
        foreach (var plan in plans.Where(IsOnlyRequired))
            foreach (var column in plan.Columns) all.TryAdd(column.Name, Frame.KindOf(column, category: false));
        return all;
    }

    static bool IsOnlyRequired(FeaturePlan plan) => plan.Cross is null && plan.Steps.All(s => s is StepPlan.Require);

    /// <summary>The rows that have every required column; serving gives the others no score.</summary>
    /// <returns>The rows that stay, in their order, and for each required column how many were left out because it was the first that they lack.</returns>
    public static (int[] Rows, IReadOnlyList<KeyValuePair<string, long>> Dropped) Keep(IReadOnlyList<FeaturePlan> plans, Frame frame, int[] rows)
    {
        var dropped = new List<KeyValuePair<string, long>>();
        var kinds = Reads(plans);
        foreach (var column in plans.Where(p => p.Steps.Any(s => s is StepPlan.Require)).SelectMany(p => p.Columns.Select(c => c.Name)).Distinct())
        {
            var before = rows.Length;
            if (kinds[column] == OnnxKind.Text)
            {
                var texts = frame.Texts(column);
                rows = Array.FindAll(rows, r => !string.IsNullOrEmpty(texts[r]));
            }
            else
            {
                var numbers = frame.Numbers(column);
                rows = Array.FindAll(rows, r => !double.IsNaN(numbers[r]));
            }
            dropped.Add(new(column, before - rows.Length));
        }
        return (rows, dropped);
    }

    /// <param name="rows">The training rows, and no others.</param>
    /// <param name="target">[rows] what is predicted, no NaN; empty where there is none.</param>
    /// <param name="threads">To fit with; null: the processors of the machine. What comes of it does not depend on it.</param>
    /// <exception cref="KumikiException">A step does not fit its column, or there is nothing to learn from; the sentence names the column.</exception>
    public static Fitted Of(IReadOnlyList<FeaturePlan> plans, Frame frame, int[] rows, double[] target, int? threads = null)
    {
        foreach (var plan in plans) Check(plan, target);
        var kinds = Reads(plans);
        var columns = new FittedColumn[plans.Count];
        var replaced = new IReadOnlyList<Replacement>[plans.Count];
        var failures = new Exception?[plans.Count];
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = threads ?? Environment.ProcessorCount };
        Parallel.For(0, plans.Count, atOnce, () => new FittingRoom(rows.Length), (i, _, room) =>
        {
            try
            {
                var plan = plans[i];
                if (IsOnlyRequired(plan)) (columns[i], replaced[i]) = (new(plan.Name, kinds[plan.Name], new FittedStep.Require()), []);
                else if (kinds[plan.Column.Name] == OnnxKind.Text) (columns[i], replaced[i]) = Texts(plan, frame, rows, target);
                else (columns[i], replaced[i]) = (Numbers(plan, frame, rows, target, room), []);
            }
            catch (KumikiException e)
            {
                failures[i] = e;
            }
            return room;
        }, _ => { });
        // The first plan's failure, so that the same rows always give the same sentence.
        if (failures.FirstOrDefault(f => f is not null) is { } failed) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed);
        return new(columns, [.. replaced.SelectMany(r => r)]);
    }

    static void Check(FeaturePlan plan, double[] target)
    {
        foreach (var column in plan.Columns)
        {
            var isText = column.Kind is TableKind.String or TableKind.Enum;
            if (isText && plan.Steps.All(s => s is StepPlan.Number)) throw new KumikiException(Message.Of("features.text-needs-step", ("column", plan.Name)));
            var canBeCategory = isText || column.IsWhole;
            if (plan.IsCategory && !canBeCategory) throw Misfit(plan, column, plan.Steps.FirstOrDefault(s => s.IsOfTexts), "string, enum, int");
            if (plan.Cross is CrossPlan.Product or CrossPlan.Ratio && !column.IsNumber && column.Kind != TableKind.Bool)
                throw Misfit(plan, column, null, "int, double, decimal, bool");
            foreach (var step in plan.Steps)
            {
                if (plan.IsCategory && step is StepPlan.Number && !isText) throw new KumikiException(Message.Of("features.mixed", ("column", plan.Name)));
                var fits = step switch
                {
                    StepPlan.Require => true,
                    StepPlan.Impute { By: var by } => !(plan.IsCategory || isText) || (by == Impute.MostFrequent && plan.Cross is null),
                    StepPlan.ImputeWithText => plan.Cross is null,
                    StepPlan.Date or StepPlan.DaysSince or StepPlan.Event or StepPlan.Cycle { Part: not null } =>
                        column.Kind == TableKind.DateOnly && plan.Cross is null,
                    _ => step.IsOfTexts == (plan.IsCategory || isText),
                };
                if (!fits) throw Misfit(plan, column, step, isText ? "OneHot, Ordinal, Frequency, Hash, TargetMean"
                    : column.Kind == TableKind.DateOnly ? "Date, DaysSince, Cycle, Event" : "Impute, Scale, Log, Power, Clip, Discretise");
                if (step is StepPlan.TargetMean or StepPlan.Discretise { By: Bins.Tree } && target.Length == 0)
                    throw new InvalidOperationException($"{plan.Name} is fitted on the target, which was not given.");
            }
        }
    }

    static KumikiException Misfit(FeaturePlan plan, ColumnSchema column, StepPlan? step, string fits) => new(Message.Of("features.step-kind",
        ("column", plan.Name), ("step", step?.GetType().Name ?? plan.Cross?.GetType().Name ?? "-"), ("type", column.TypeName), ("fits", fits)));

    static KumikiException AllMissing(string column, int rows) => new(Message.Of("features.all-missing", ("column", column), ("rows", rows)));

    static TableColumn ReadOf(ColumnSchema column, bool category) => new(column.Name, Frame.KindOf(column, category));
}
