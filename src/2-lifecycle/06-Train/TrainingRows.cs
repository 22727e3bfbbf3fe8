using Kumiki.Preprocessing;
using Kumiki.Tables;

namespace Kumiki.Training;

/// <summary>Rows with their answers.</summary>
/// <param name="Target">[rows] numbers, or the numbers of classes.</param>
/// <param name="Weights">[rows] how much each counts; null: all count 1.</param>
sealed record TrainingRows(FeatureRows Features, double[] Target, double[]? Weights)
{
    public int Count => Target.Length;

    public float[] Labels => Array.ConvertAll(Target, t => (float)t);

    public float[] FloatWeights => Weights is null ? [] : Array.ConvertAll(Weights, w => (float)w);
}

/// <summary>What a training needs besides rows: its seed, and places for what it has to tell.</summary>
sealed record TrainingCourse(long Seed, CancellationToken Stop)
{
    /// <summary>To compute with, 1 or more. What comes of it does not depend on how many there are.</summary>
    /// <value>The processors of the machine.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>For loops that may run at the same time.</summary>
    public ParallelOptions AtOnce => new() { MaxDegreeOfParallelism = Threads };

    /// <summary>A point of a series: name, value, round.</summary>
    public Action<string, double, long> Metric { get; init; } = (_, _, _) => { };

    /// <summary>Rounds done, of how many.</summary>
    public Action<long, long> Progress { get; init; } = (_, _) => { };

    public Action<Message> Warn { get; init; } = _ => { };

    public Action<string, string> Fact { get; init; } = (_, _) => { };

    /// <summary>Called once the learner has taken what it needs of the rows' features; not by every learner.</summary>
    public Action Taken { get; init; } = () => { };

    /// <summary>Times a part of it under a name, until disposed.</summary>
    public Func<string, IDisposable?> Step { get; init; } = _ => null;
}

/// <summary>What came of a training.</summary>
/// <param name="Learner">The graph from features to scores.</param>
/// <param name="Booster">The trees as XGBoost keeps them (UBJ), from which single predictions can be explained; null for other learners.</param>
sealed record Trained(Onnx.OnnxModel Learner, byte[]? Booster = null);

/// <summary>The target of every row of a dataset: a number, or the number of its class.</summary>
/// <param name="Values">[rows] NaN where it is missing, or a class that no training row has.</param>
/// <param name="Classes">Their names in the order of their numbers, the positive one of two last; empty for numbers.</param>
/// <param name="UnknownRows">Rows of a class that no training row has.</param>
sealed record TargetColumn(double[] Values, IReadOnlyList<string> Classes, int UnknownRows)
{
    const int MostClasses = 1000;

    /// <summary>Reads the target.</summary>
    /// <param name="train">The training rows: only their classes count.</param>
    /// <exception cref="KumikiException">The classes are not as many as the algorithm takes; the sentence names the column.</exception>
    public static TargetColumn Of(Algorithm algorithm, Frame frame, int[] train)
    {
        var column = algorithm.Target;
        if (!algorithm.IsClasses) return new(frame.Numbers(column.Name), [], 0);

        string[] raw;
        int[] codes;
        if (frame.IsText(column.Name))
        {
            (codes, var texts) = frame.Coded(column.Name);
            raw = [.. texts];
        }
        else
        {
            var numbers = frame.Numbers(column.Name);
            double[] distinct = [.. numbers.Where(n => !double.IsNaN(n)).Distinct().Order()];
            var places = distinct.Index().ToDictionary(d => d.Item, d => d.Index);
            codes = Array.ConvertAll(numbers, n => double.IsNaN(n) ? -1 : places[n]);
            raw = [.. distinct.Select(d => column.Kind == ColumnKind.Bool ? d == 1 ? "true" : "false"
                : d.ToString("R", System.Globalization.CultureInfo.InvariantCulture))];
        }

        var isTrained = new bool[raw.Length];
        foreach (var row in train)
            if (codes[row] >= 0) isTrained[codes[row]] = true;
        int[] order = [.. Enumerable.Range(0, raw.Length).Where(c => isTrained[c])];
        if (column.Kind == ColumnKind.Enum) order = [.. order.OrderBy(c => column.Names!.ToList().IndexOf(raw[c]))];
        else if (frame.IsText(column.Name)) Array.Sort(order, (a, b) => string.CompareOrdinal(raw[a], raw[b]));
        Require(algorithm, [.. order.Select(c => raw[c])]);
        if (algorithm is { IsBinary: true, Positive: { } positive } && raw[order[0]] == positive) Array.Reverse(order);

        var numberOf = new int[raw.Length];
        Array.Fill(numberOf, -1);
        foreach (var (number, code) in order.Index()) numberOf[code] = number;
        var unknown = codes.Count(c => c >= 0 && numberOf[c] < 0);
        return new(Array.ConvertAll(codes, c => c < 0 || numberOf[c] < 0 ? double.NaN : numberOf[c]), [.. order.Select(c => raw[c])], unknown);
    }

    static void Require(Algorithm algorithm, string[] classes)
    {
        var column = algorithm.Target.Name;
        if (classes.Length == 0) throw new KumikiException(Message.Of("training.no-target", ("column", column)));
        if (classes.Length == 1) throw new KumikiException(Message.Of("training.one-class", ("column", column), ("class", classes[0])));
        if (algorithm.IsBinary && classes.Length > 2) throw new KumikiException(Message.Of("training.not-binary", ("column", column),
            ("classes", classes.Length)));
        if (classes.Length > MostClasses) throw new KumikiException(Message.Of("training.many-classes", ("column", column), ("classes", classes.Length),
            ("most", MostClasses)));
        if (algorithm is { IsBinary: true, Positive: { } positive } && !classes.Contains(positive))
            throw new KumikiException(Message.Of("training.no-positive", ("column", column), ("positive", positive), ("classes", string.Join(", ", classes))));
        foreach (var named in algorithm.ClassWeights?.Keys ?? [])
            if (!classes.Contains(named)) throw new KumikiException(Message.Of("training.no-class", ("column", column), ("class", named),
                ("classes", string.Join(", ", classes))));
    }

    /// <summary>Refuses targets of training rows that nothing can be learnt from.</summary>
    /// <param name="rows">The training rows that have a target.</param>
    public void Check(Algorithm algorithm, int[] rows)
    {
        var column = algorithm.Target.Name;
        if (rows.Length == 0) throw new KumikiException(Message.Of("training.no-target", ("column", column)));
        foreach (var row in rows)
        {
            var value = Values[row];
            if (double.IsInfinity(value) || float.IsInfinity((float)value)) throw new KumikiException(Message.Of("training.infinite-target", ("column", column),
                ("row", row + 1), ("value", value)));
            if (algorithm is BoostedTrees { Loss: TreeLoss.Poisson or TreeLoss.Tweedie or TreeLoss.Gamma } trees
                && (value < 0 || (value == 0 && trees.Loss == TreeLoss.Gamma)))
                throw new KumikiException(Message.Of("training.negative-target", ("column", column), ("row", row + 1), ("value", value), ("loss", trees.Loss)));
        }
        if (!algorithm.NeedsVariety) return;
        if (rows.Length == 1) throw new KumikiException(Message.Of("training.one-row", ("column", column)));
        if (!algorithm.IsClasses && rows.All(r => Values[r] == Values[rows[0]])) throw new KumikiException(Message.Of("training.constant-target",
            ("column", column), ("value", Values[rows[0]])));
    }

    /// <summary>How much each row counts.</summary>
    /// <param name="train">The training rows; what makes classes alike is worked out on them.</param>
    /// <returns>[rows of the frame]; null: each row counts 1.</returns>
    /// <exception cref="KumikiException">A weight is missing, negative or infinite, or they sum to 0.</exception>
    public double[]? Weights(Algorithm algorithm, Frame frame, int[] train, IEnumerable<int> others)
    {
        if (algorithm is { Weights: null, ClassWeights: null, Balanced: false }) return null;
        var weights = algorithm.Weights is { } column ? (double[])frame.Numbers(column.Name).Clone() : Enumerable.Repeat(1.0, Values.Length).ToArray();
        if (algorithm.Weights is { } given)
        {
            foreach (var row in train.Concat(others))
                if (!(weights[row] >= 0) || float.IsInfinity((float)weights[row])) throw new KumikiException(Message.Of("training.weight",
                    ("column", given.Name), ("row", row + 1), ("value", weights[row])));
        }
        if (algorithm.IsClasses)
        {
            var counts = new double[Classes.Count];
            foreach (var row in train) counts[(int)Values[row]]++;
            var factors = Classes.Select((name, c) => (algorithm.ClassWeights?.GetValueOrDefault(name, 1)
                ?? 1) * (algorithm.Balanced ? train.Length / (counts.Length * counts[c]) : 1)).ToArray();
            for (var row = 0; row < weights.Length; row++)
                if (!double.IsNaN(Values[row])) weights[row] *= factors[(int)Values[row]];
        }
        if (!(train.Sum(r => weights[r]) > 0)) throw new KumikiException(Message.Of("training.weights-zero",
            ("column", algorithm.Weights?.Name ?? algorithm.Target.Name)));
        return weights;
    }
}
