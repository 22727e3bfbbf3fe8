using System.Globalization;
using System.Text.Json;

namespace Kumiki.Onnx;

public static partial class Learners
{
    /// <summary>XGBoost's trees, from its JSON format (1.7.4).</summary>
    /// <param name="json">The model as <c>Booster.Save(BoosterFormat.Json)</c> gives it: regression with an identity or a logarithmic link, logistic, softprob;
    /// one output or many.</param>
    /// <param name="link">What to do with the trees' sum, for trees that were trained on a gradient of one's own; null: what their objective says.</param>
    /// <returns>A graph whose score is XGBoost's own value within 1e-5 of its size.</returns>
    /// <exception cref="KumikiException">The bytes are no XGBoost JSON, or hold what is not converted: other objectives, dart, linear, categorical splits, many
    /// targets.</exception>
    /// <remarks>LearnersTests compares 100,000 random rows with missing values for every objective.</remarks>
    public static OnnxModel XGBoost(ReadOnlyMemory<byte> json, Link? link = null)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Trees(document.RootElement.GetProperty("learner"), link);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new KumikiException(Message.Of("onnx.xgboost-unreadable", ("reason", e.Message)), e);
        }
    }

    static OnnxModel Trees(JsonElement learner, Link? given)
    {
        var objective = learner.GetProperty("objective").GetProperty("name").GetString()!;
        var link = given ?? objective switch
        {
            "reg:squarederror" or "reg:absoluteerror" or "reg:pseudohubererror" or "reg:squaredlogerror" => Link.Identity,
            "binary:logistic" or "reg:logistic" => Link.Logistic,
            "count:poisson" or "reg:gamma" or "reg:tweedie" => Link.Exponential,
            "multi:softprob" => Link.Softmax,
            _ => throw NotConverted($"objective={objective}"),
        };
        var booster = learner.GetProperty("gradient_booster");
        if (booster.GetProperty("name").GetString() is not "gbtree" and var name) throw NotConverted($"booster={name}");
        var parameters = learner.GetProperty("learner_model_param");
        if (parameters.TryGetProperty("num_target", out _) && Number(parameters, "num_target") > 1) throw NotConverted("num_target > 1");

        var outputs = (int)Math.Max(1, Number(parameters, "num_class"));
        var baseScore = float.Parse(parameters.GetProperty("base_score").GetString()!, CultureInfo.InvariantCulture);
        var margin = link switch
        {
            Link.Logistic => -MathF.Log(1f / baseScore - 1f),
            Link.Exponential => MathF.Log(baseScore),
            _ => baseScore,
        };
        var model = booster.GetProperty("model");
        var outputOf = model.GetProperty("tree_info").EnumerateArray().Select(o => o.GetInt64()).ToArray();
        var trees = new TreeTables();
        foreach (var (number, tree) in model.GetProperty("trees").EnumerateArray().Index()) trees.Add(number, outputOf[number], tree);
        if (trees.IsEmpty) throw NotConverted("0 trees");
        // ONNX Runtime leaves a regressor's post_transform out, so the link is a node of its own.
        var sum = link == Link.Identity ? Score : "/trees/margin";
        var ensemble = new OnnxNode("TreeEnsembleRegressor", [TransformGraph.Features], [sum],
            OnnxModel.MlDomain)
        { Attributes = trees.Attributes(margin, outputs) };
        return Model((int)Number(parameters, "num_feature"), outputs, [ensemble, .. Linked(link, sum)], []);
    }

    static long Number(JsonElement parameters, string name) => long.Parse(parameters.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    static KumikiException NotConverted(string what) => new(Message.Of("onnx.xgboost-not-converted", ("what", what)));
}
