namespace Kumiki.Importing;

/// <summary>The forms models are saved in that Kumiki does not serve, and what makes ONNX of them.</summary>
static class Flavors
{
    static readonly Dictionary<string, string> Exporters = new(StringComparer.Ordinal)
    {
        ["sklearn"] = "skl2onnx.to_onnx",
        ["pytorch"] = "torch.onnx.export",
        ["xgboost"] = "onnxmltools.convert_xgboost",
        ["lightgbm"] = "onnxmltools.convert_lightgbm",
        ["catboost"] = "CatBoost.save_model(format='onnx')",
        ["tensorflow"] = "tf2onnx.convert",
        ["keras"] = "tf2onnx.convert.from_keras",
        ["spark"] = "onnxmltools.convert_sparkml",
        ["h2o"] = "onnxmltools.convert_h2o",
        ["paddle"] = "paddle2onnx",
        ["transformers"] = "optimum-cli export onnx",
        ["sentence_transformers"] = "optimum-cli export onnx",
        ["spacy"] = "torch.onnx.export",
        ["fastai"] = "torch.onnx.export",
        ["python_function"] = "skl2onnx, torch.onnx.export, onnxmltools, tf2onnx",
    };

    /// <summary>Why a model of these forms cannot be released.</summary>
    public static Message Refusal(IReadOnlyList<string> flavors, string asset)
    {
        var flavor = flavors.FirstOrDefault(Exporters.ContainsKey) ?? flavors[0];
        var export = Exporters.GetValueOrDefault(flavor, Exporters[MlModelFile.AnyPython]);
        return Message.Of("imported.flavor", ("flavor", flavor), ("export", export), ("asset", asset));
    }
}
