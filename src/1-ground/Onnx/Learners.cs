using System.Globalization;
using System.Text.Json;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Onnx;

/// <summary>Writes trained learners as graphs from <c>features</c> [N, F] to <c>score</c> [N, 1], to be appended to a <see cref="TransformGraph"/>.</summary>
public static partial class Learners
{
    /// <summary>The tensor a model's answer is in.</summary>
    public const string Score = "score";

    /// <summary>weights · features + intercept.</summary>
    /// <param name="weights">[F] one a feature.</param>
    /// <exception cref="KumikiException">A number is not finite.</exception>
    public static OnnxModel Linear(ReadOnlySpan<float> weights, float intercept)
    {
        foreach (var number in (ReadOnlySpan<float>)[.. weights, intercept])
            if (!float.IsFinite(number)) throw new KumikiException(Message.Of("onnx.weight", ("value", number)));
        return Model(
            weights.Length,
            [new OnnxNode("MatMul", [TransformGraph.Features, "/linear/weights"], ["/linear/product"]),
             new OnnxNode("Add", ["/linear/product", "/linear/intercept"], [Score])],
            [OnnxConstant.Of("/linear/weights", weights, weights.Length, 1), OnnxConstant.Of("/linear/intercept", [intercept], 1)]);
    }

    static OnnxModel Model(int features, IReadOnlyList<OnnxNode> nodes, IReadOnlyList<OnnxConstant> constants) => new(new(
        "kumiki",
        [new TensorInfo(TransformGraph.Features, TensorType.Float, [OnnxModel.Free, features])],
        [new TensorInfo(Score, TensorType.Float, [OnnxModel.Free, 1])],
        nodes, constants, []));

    /// <summary>XGBoost's trees, from its JSON format (1.7.4): regression with an identity link, or logistic.</summary>
    /// <param name="json">The model as <c>Booster.Save(BoosterFormat.Json)</c> gives it.</param>
    /// <returns>A graph whose score is XGBoost's own value within 1e-5 of its size.</returns>
    /// <exception cref="KumikiException">The bytes are no XGBoost JSON, or hold what is not converted: other objectives, dart, linear, categorical splits,
    /// many targets.</exception>
    /// <remarks>LearnersTests compares 100,000 random rows with missing values for every objective.</remarks>
    public static OnnxModel XGBoost(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Trees(document.RootElement.GetProperty("learner"));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new KumikiException(Message.Of("onnx.xgboost-unreadable", ("reason", e.Message)), e);
        }
    }

    static OnnxModel Trees(JsonElement learner)
    {
        var objective = learner.GetProperty("objective").GetProperty("name").GetString()!;
        var logistic = objective is "binary:logistic" or "reg:logistic";
        if (!logistic && objective is not ("reg:squarederror" or "reg:absoluteerror" or "reg:pseudohubererror" or "reg:squaredlogerror"))
            throw NotConverted($"objective={objective}");
        var booster = learner.GetProperty("gradient_booster");
        if (booster.GetProperty("name").GetString() is not "gbtree" and var name) throw NotConverted($"booster={name}");
        var parameters = learner.GetProperty("learner_model_param");
        if (Number(parameters, "num_class") > 1) throw NotConverted("num_class > 1");
        if (parameters.TryGetProperty("num_target", out _) && Number(parameters, "num_target") > 1) throw NotConverted("num_target > 1");

        var baseScore = float.Parse(parameters.GetProperty("base_score").GetString()!, CultureInfo.InvariantCulture);
        var margin = logistic ? -MathF.Log(1f / baseScore - 1f) : baseScore;
        var trees = new TreeTables();
        foreach (var (number, tree) in booster.GetProperty("model").GetProperty("trees").EnumerateArray().Index()) trees.Add(number, tree);
        if (trees.IsEmpty) throw NotConverted("0 trees");
        // ONNX Runtime leaves a regressor's post_transform out, so the logistic function is a node of its own.
        var sum = logistic ? "/trees/margin" : Score;
        OnnxNode[] nodes = [new("TreeEnsembleRegressor", [TransformGraph.Features], [sum], OnnxModel.MlDomain) { Attributes = trees.Attributes(margin) }];
        return Model((int)Number(parameters, "num_feature"), logistic ? [.. nodes, new("Sigmoid", [sum], [Score])] : nodes, []);
    }

    static long Number(JsonElement parameters, string name) => long.Parse(parameters.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    static KumikiException NotConverted(string what) => new(Message.Of("onnx.xgboost-not-converted", ("what", what)));
}
