using Kumiki.Native;
using Kumiki.Onnx;
using Kumiki.Preprocessing;

namespace Kumiki.Training;

/// <summary>A learner fitted on some rows of a frame: what the making of a model, a fold of a cross-validation and a trial of a search do alike.</summary>
/// <remarks>1. Transforms are fitted on the training rows, 2. the learner is trained on what their graph computes, block by block, 3. both are joined to one graph, 4. an interval, if any, is calibrated on validation rows,
/// 5. offset and spread, if any, are put back behind it.</remarks>
/// <param name="Booster">The trees as XGBoost keeps them; null for other learners.</param>
sealed record ModelFit(OnnxModel Graph, byte[]? Booster, ModelOutputs Outputs)
{
    /// <summary>Whether there are so many values that it pays to give memory back.</summary>
    public static bool IsLarge(Learner learner, Frame frame) => (long)frame.Rows * learner.Features.Count > 4_000_000;

    /// <param name="train">Rows to fit on, each with a target.</param>
    /// <param name="validation">Rows to stop by and to calibrate on, each with a target; may be empty.</param>
    /// <exception cref="KumikiException">Nothing can be learnt from these rows; the sentence names the column.</exception>
    public static ModelFit Of(string model, Learner learner, Frame frame, TargetColumn target, int[] train, int[] validation, TrainingCourse course)
    {
        var algorithm = learner.Algorithm;
        target.Check(algorithm, train);
        if (algorithm.NeedsValidation && validation.Length == 0)
            throw new KumikiException(Message.Of("training.no-validation", ("model", model), ("setting", algorithm.WhyValidation)));
        var weights = target.Weights(algorithm, frame, train, validation);
        var learnt = Shift.Of(algorithm, frame, target.Values, [.. train, .. validation]);
        // What chose the best round cannot tell how far off it is.
        var share = (algorithm.Interval is not null || algorithm.Calibrated is not null) && algorithm is BoostedTrees { EarlyStopping: not null };
        var (stopping, calibrating) = share ? (EveryOther(validation, 0), EveryOther(validation, 1)) : (validation, validation);

        OnnxModel transforms;
        Fitted features;
        using (course.Step("fit transforms"))
        {
            features = Fitting.Of(learner.Features, frame, train, Frame.Gather(learnt, train), course.Threads);
            transforms = TransformGraph.Of(features.Columns);
        }

        // Training is the peak: what reading and fitting left over is given back first, and what training leaves before the rows are scored.
        var isLarge = IsLarge(learner, frame);
        Trained trained;
        using (course.Step("train"))
        {
            if (isLarge) ProcessMemory.GiveBack();
            using var scorer = Scorer.Open(transforms.ToBytes(), new() { Threads = course.Threads });
            trained = Trainer.Train(algorithm, Rows(scorer, train, features), Rows(scorer, stopping), target.Classes.Count, course);
        }
        if (isLarge) ProcessMemory.GiveBack();

        var outputs = new ModelOutputs(algorithm.Task == LearningTask.Classes ? target.Classes : algorithm.Outputs, target.Classes);
        var graph = outputs.On(transforms.Append(trained.Learner));
        if (algorithm.Interval is not null || algorithm.Calibrated is not null)
            using (course.Step("calibrate"))
            using (var scorer = Scorer.Open(graph.ToBytes(), new() { Threads = course.Threads }))
            {
                var scores = FeatureRows.Of(scorer, frame, calibrating, course.Stop).ToArray();
                var truth = Frame.Gather(learnt, calibrating);
                if (algorithm.Interval is { } held)
                {
                    var margin = Conformal.Margin(scores, scorer.Width, truth, held, algorithm.Target.Name);
                    course.Metric("interval.margin", margin, 0);
                    outputs = outputs with { Names = [.. outputs.Names, "lower", "upper"] };
                    graph = outputs.On(transforms.Append(Learners.Interval(trained.Learner, margin)));
                }
                if (algorithm.Calibrated is { } by)
                {
                    var own = weights is null ? null : Frame.Gather(weights, calibrating);
                    var calibrated = ProbabilityCalibration.Of(by, trained.Learner, scores, scorer.Width, truth, own, algorithm.Target.Name, course);
                    graph = outputs.On(transforms.Append(calibrated));
                }
            }
        if (algorithm.IsShifted) graph = Learners.Shifted(graph, algorithm.Offset?.Name, algorithm.Spread?.Name);
        return new(graph, trained.Booster, outputs);

        TrainingRows Rows(Scorer scorer, int[] rows, Fitted? own = null) => new(FeatureRows.Of(scorer, frame, rows, course.Stop, own), Frame.Gather(learnt, rows), weights is null ? null : Frame.Gather(weights, rows));
        static int[] EveryOther(int[] rows, int first) => [.. rows.Where((_, i) => i % 2 == first)];
    }

    /// <summary>Scores rows by the one graph.</summary>
    /// <param name="target">Of the whole dataset.</param>
    public Scored Score(Frame frame, TargetColumn target, int[] rows, TrainingCourse course)
    {
        using var scorer = Scorer.Open(Graph.ToBytes(), new() { Threads = course.Threads });
        var numbers = Array.ConvertAll(rows, frame.RowNumber);
        return new(Array.ConvertAll(FeatureRows.Of(scorer, frame, rows, course.Stop).ToArray(), s => (double)s), Frame.Gather(target.Values, numbers))
        {
            Names = Outputs.Names,
            Rows = numbers,
        };
    }
}

/// <summary>Targets as a learner with an offset or a spread sees them.</summary>
static class Shift
{
    /// <returns>[rows of the frame] (target − offset) / spread.</returns>
    /// <param name="rows">The rows that are trained on or calibrated by: each needs both numbers.</param>
    /// <exception cref="KumikiException">An offset is missing or infinite, or a spread is not above 0; the sentence names column and row.</exception>
    public static double[] Of(Algorithm algorithm, Frame frame, double[] target, int[] rows)
    {
        if (!algorithm.IsShifted) return target;
        var (offset, spread) = (algorithm.Offset is null ? null : frame.Numbers(algorithm.Offset.Name), algorithm.Spread is null ? null : frame.Numbers(algorithm.Spread.Name));
        foreach (var row in rows)
        {
            if (offset is not null && !double.IsFinite(offset[row]))
                throw new KumikiException(Message.Of("training.offset", ("column", algorithm.Offset!.Name), ("row", row + 1), ("value", offset[row])));
            if (spread is not null && !(spread[row] > 0 && double.IsFinite(spread[row])))
                throw new KumikiException(Message.Of("training.spread", ("column", algorithm.Spread!.Name), ("row", row + 1), ("value", spread[row])));
        }
        var learnt = new double[target.Length];
        for (var row = 0; row < learnt.Length; row++) learnt[row] = (target[row] - (offset?[row] ?? 0)) / (spread?[row] ?? 1);
        return learnt;
    }
}
