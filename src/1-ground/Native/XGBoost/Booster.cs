using System.Globalization;
using System.Runtime.InteropServices;

namespace Kumiki.Native.XGBoost;

/// <summary>How a booster is written.</summary>
public enum BoosterFormat { Json, Ubj }

/// <summary>What a prediction is.</summary>
public enum PredictionKind
{
    /// <summary>In the unit of the objective: a number, a probability.</summary>
    Value = 0,

    /// <summary>Before the objective's last function: log odds for a logistic one.</summary>
    Margin = 1,
}

/// <summary>One figure of one round, such as validation rmse; XGBoost gives six decimals.</summary>
public sealed record RoundFigure(int Round, string Rows, string Metric, double Value);

/// <summary>Trees being trained or trained. One thread at a time; results are copied out before the next call.</summary>
public sealed unsafe partial class Booster : IDisposable
{
    Booster(BoosterHandle handle) => Handle = handle;

    internal BoosterHandle Handle { get; }

    // XGBoost can be asked about rounds and columns only after it has seen rows.
    bool hasTrees;
    string settings = "";

    /// <summary>The version of the library, such as 1.7.4.</summary>
    public static string LibraryVersion
    {
        get
        {
            int major, minor, patch;
            XGBoostApi.XGBoostVersion(&major, &minor, &patch);
            return $"{major}.{minor}.{patch}";
        }
    }

    /// <summary>Rounds trained so far.</summary>
    public int Rounds
    {
        get
        {
            if (!hasTrees) return 0;
            int rounds;
            XGBoostApi.Check(XGBoostApi.XGBoosterBoostedRounds(Handle, &rounds), "count the rounds");
            return rounds;
        }
    }

    /// <summary>Columns it was trained on; 0 before the first round.</summary>
    public int Columns
    {
        get
        {
            if (!hasTrees) return 0;
            ulong columns;
            XGBoostApi.Check(XGBoostApi.XGBoosterGetNumFeature(Handle, &columns), "count the columns");
            return (int)columns;
        }
    }

    /// <summary>A booster without trees.</summary>
    /// <param name="parameters">XGBoost's own names and values; a name may come again where XGBoost allows it (<c>eval_metric</c>).</param>
    /// <exception cref="KumikiException">XGBoost has no such parameter.</exception>
    public static Booster Of(IEnumerable<(string Name, string Value)> parameters)
    {
        XGBoostApi.Check(XGBoostApi.XGBoosterCreate(null, 0, out var handle), "make a booster");
        return new Booster(handle).With(parameters);
    }

    /// <summary>A booster as it was saved. Parameters are not saved, so training on needs them again.</summary>
    /// <exception cref="NativeException">The bytes are no booster.</exception>
    public static Booster Load(ReadOnlySpan<byte> model, IEnumerable<(string Name, string Value)>? parameters = null)
    {
        var booster = Of([]);
        try
        {
            fixed (byte* bytes = model)
            {
                var result = XGBoostApi.XGBoosterLoadModelFromBuffer(booster.Handle, bytes, (ulong)model.Length);
                XGBoostApi.Check(result, $"read a model of {model.Length} bytes");
            }
            booster.hasTrees = true;
            return booster.With(parameters ?? []);
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }

    Booster With(IEnumerable<(string Name, string Value)> parameters)
    {
        try
        {
            foreach (var (name, value) in parameters)
            {
                BoosterParameters.Check(name);
                XGBoostApi.Check(XGBoostApi.XGBoosterSetParam(Handle, name, value), $"set {name} to {value}");
                settings += $" {name}={value}";
            }
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Trains more rounds, and after each gives the figures of the watched rows.</summary>
    /// <param name="rounds">How many rounds to add.</param>
    /// <param name="watched">Rows to measure on after each round, by name; may be empty.</param>
    /// <param name="onRound">Called after each round with one figure for each watched set and metric; gives false to stop here.</param>
    /// <exception cref="NativeException">A parameter's value or the labels do not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the rounds before stay.</exception>
    public void Train(
        DMatrix train, int rounds, IReadOnlyList<(string Name, DMatrix Rows)> watched, Func<IReadOnlyList<RoundFigure>, bool>? onRound = null,
        CancellationToken cancel = default)
    {
        var first = Rounds;
        if (hasTrees) CheckColumns(train);
        else XGBoostApi.Check(XGBoostApi.XGBoosterSetParam(Handle, "num_feature", $"{train.Columns}"), "set the number of columns");
        for (var round = first; round < first + rounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            // XGBoost reads the values only now, and its words do not always name the parameter.
            var result = XGBoostApi.XGBoosterUpdateOneIter(Handle, round, train.Handle);
            if (result != 0) XGBoostApi.Check(result, $"train round {round + 1} with{settings}");
            hasTrees = true;
            if (onRound is not null && !onRound(Measure(round, watched))) return;
        }
    }

    /// <summary>The metrics (<c>eval_metric</c>) of the trees so far.</summary>
    /// <param name="round">The round to write into the figures, counted from 0.</param>
    public IReadOnlyList<RoundFigure> Measure(int round, IReadOnlyList<(string Name, DMatrix Rows)> watched)
    {
        if (watched.Count == 0) return [];
        foreach (var (_, rows) in watched) CheckColumns(rows);
        // Numbered for XGBoost: its text puts "-" between the name and the metric, and a name may hold one.
        var names = stackalloc nint[watched.Count];
        var matrices = stackalloc nint[watched.Count];
        var held = 0;
        try
        {
            for (; held < watched.Count; held++)
            {
                var added = false;
                watched[held].Rows.Handle.DangerousAddRef(ref added);
                matrices[held] = watched[held].Rows.Handle.DangerousGetHandle();
                names[held] = Marshal.StringToCoTaskMemUTF8($"{held}");
            }
            nint text;
            var result = XGBoostApi.XGBoosterEvalOneIter(Handle, round, matrices, names, (ulong)watched.Count, &text);
            XGBoostApi.Check(result, $"measure round {round + 1}");
            return ReadFigures(Marshal.PtrToStringUTF8(text)!, round, watched);
        }
        finally
        {
            for (var i = 0; i < held; i++)
            {
                watched[i].Rows.Handle.DangerousRelease();
                Marshal.FreeCoTaskMem(names[i]);
            }
        }
    }

    /// <summary>Reads <c>[3]\t0-rmse:0.5\t1-rmse:0.6</c>.</summary>
    static RoundFigure[] ReadFigures(string text, int round, IReadOnlyList<(string Name, DMatrix Rows)> watched) =>
        [.. text.Split('\t').Skip(1).Select(part =>
        {
            var (dash, colon) = (part.IndexOf('-'), part.LastIndexOf(':'));
            var set = int.Parse(part.AsSpan(0, dash), CultureInfo.InvariantCulture);
            return new RoundFigure(round, watched[set].Name, part[(dash + 1)..colon], Number(part[(colon + 1)..]));
        })];

    static double Number(string text) => text.TrimStart('-', '+') switch
    {
        "nan" => double.NaN,
        "inf" => text.StartsWith('-') ? double.NegativeInfinity : double.PositiveInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>Predicts every row.</summary>
    /// <returns>[rows × outputs] in row-major order; one output unless the objective has more.</returns>
    /// <exception cref="KumikiException">The matrix has other columns than the booster was trained on; XGBoost itself would take fewer in silence.</exception>
    public float[] Predict(DMatrix rows, PredictionKind kind = PredictionKind.Value) => Predict(rows, (int)kind, $"predict {rows.Rows} rows");

    /// <summary>How much each column moved each row's margin away from the average of the training rows: SHAP values of the trees.</summary>
    /// <param name="rows">Rows with their values (<see cref="DMatrix.Of(ReadOnlySpan{float}, int, int)"/>), not bins.</param>
    /// <param name="approximate">Saabas' quicker rule; it is local to each tree's path and not consistent.</param>
    /// <returns>[rows × outputs × (columns + 1)] in row-major order; the last of each output is the average, and together they sum to the margin.</returns>
    /// <remarks>Lundberg et al. 2018, "Consistent individualized feature attribution for tree ensembles"; XGBoost's own. BoosterTests holds each sum against
    /// the margin.</remarks>
    public float[] Contributions(DMatrix rows, bool approximate = false) => Predict(rows, approximate ? 3 : 2, $"explain {rows.Rows} rows");

    float[] Predict(DMatrix rows, int type, string doing)
    {
        CheckColumns(rows);
        ulong* shape;
        ulong rank;
        float* result;
        var config = $$"""{"type": {{type}}, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": true}""";
        XGBoostApi.Check(XGBoostApi.XGBoosterPredictFromDMatrix(Handle, rows.Handle, config, &shape, &rank, &result), doing);
        var count = 1UL;
        for (var i = 0UL; i < rank; i++) count *= shape[i];
        return new ReadOnlySpan<float>(result, checked((int)count)).ToArray();
    }

    void CheckColumns(DMatrix rows)
    {
        if (rows.Columns == Columns) return;
        throw new KumikiException(Message.Of("native.xgboost-columns", ("columns", rows.Columns), ("trained", Columns)));
    }

    /// <summary>The trees as bytes: without the parameters of training.</summary>
    public byte[] Save(BoosterFormat format = BoosterFormat.Json)
    {
        ulong length;
        byte* model;
        var config = format == BoosterFormat.Json ? """{"format": "json"}""" : """{"format": "ubj"}""";
        XGBoostApi.Check(XGBoostApi.XGBoosterSaveModelToBuffer(Handle, config, &length, &model), "save the model");
        return new ReadOnlySpan<byte>(model, checked((int)length)).ToArray();
    }

    public void Dispose() => Handle.Dispose();
}
