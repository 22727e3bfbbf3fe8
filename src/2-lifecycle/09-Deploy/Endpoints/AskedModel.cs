using Kumiki.Making;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Tables;

namespace Kumiki.Serving;

/// <summary>What a model reads of a row, and what it gives; opened while an endpoint is made.</summary>
sealed class AskedModel : IDisposable
{
    readonly VersionName version;
    readonly ModelOutputs outputs;
    readonly IDisposable opened;

    AskedModel(VersionName version, IReadOnlyList<Input> inputs, ModelOutputs outputs, IDisposable opened) =>
        (this.version, Inputs, this.outputs, this.opened) = (version, inputs, outputs, opened);

    /// <summary>A column, or of a model that was made elsewhere an input.</summary>
    /// <param name="Required">Whether a row without it gets no score.</param>
    /// <param name="Known">The texts that the model knows; null where any may come.</param>
    /// <param name="IsPicture">Whether it takes pictures.</param>
    public sealed record Input(string Name, bool Required, IReadOnlySet<string>? Known, bool IsPicture);

    public IReadOnlyList<Input> Inputs { get; }

    /// <exception cref="KumikiException">It cannot be opened, or it takes or gives what an endpoint has no field for.</exception>
    public static async Task<AskedModel> OpenAsync(MakingRun making, InputVersion model, CancellationToken stop)
    {
        if (model.Record.Imported is not { } from)
        {
            var scorer = Scorer.Open(await model.BytesAsync("model.onnx", stop));
            var inputs = scorer.Columns.Select(c => new Input(c.Name, scorer.Required.Contains(c.Name), scorer.KnownTexts(c.Name), IsPicture: false));
            return new(model.Name, [.. inputs], ModelOutputs.Of(scorer), scorer);
        }
        if (from.Refused is { } why) throw new KumikiException(Message.Of("release.cannot-serve", ("version", model.Name), ("why", why)));
        var bytes = await model.BytesAsync(from.Onnx!, stop);
        var session = model.Record.Files.Count > 2 ? OnnxSession.Open(await UnpackedAsync(making, model, from.Onnx!, stop)) : OnnxSession.Open(bytes);
        try
        {
            var signature = LoadedModel.SignatureOf(session, bytes);
            if (signature.ScoreOutput < 0)
                throw new KumikiException(Message.Of(
                    "endpoint.no-score", ("model", model.Name), ("outputs", string.Join(", ", signature.Outputs.Select(o => o.ToString())))));
            for (var input = 0; input < signature.Inputs.Length; input++)
                if (!signature.TakesField(input))
                    throw new KumikiException(Message.Of("endpoint.foreign-input", ("model", model.Name), ("input", signature.Inputs[input])));
            return new(model.Name, [.. signature.Inputs.Select((_, i) => InputOf(signature, i))], signature.Scores, session);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    static Input InputOf(ModelSignature signature, int input) => new(
        signature.Columns[input]?.Name ?? signature.Inputs[input].Name, signature.Columns[input] is null || signature.Required[input],
        signature.Categories[input], signature.Pictures[input] is not null);

    /// <summary>Its files in a folder, for its tensors lie beside it.</summary>
    static async Task<string> UnpackedAsync(MakingRun making, InputVersion model, string onnx, CancellationToken stop)
    {
        var folder = $"model-{model.Record.Asset}";
        foreach (var file in model.Record.Files)
        {
            var place = making.Scratch.File($"{folder}/{file.Path}");
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Copy(await model.PathAsync(file.Path, stop), place);
        }
        return making.Scratch.File($"{folder}/{onnx}");
    }

    /// <summary>The column of the endpoint's record that an input is made of: of its name, or where it takes pictures the only one of pictures; null where
    /// there is none.</summary>
    public static ColumnSchema? FieldOf(Input input, RowSchema record)
    {
        var named = record.Find(input.Name);
        if (!input.IsPicture) return named is { Picture: false } ? named : null;
        return named is { Picture: true } ? named : record.Columns.Where(c => c.Picture).Take(2).ToList() is [var only] ? only : null;
    }

    /// <summary>Holds a rule against what the model gives.</summary>
    /// <param name="severity">The answers that are ranked; null where they are not.</param>
    /// <exception cref="KumikiException">The model has several scores where one is held against a number, or the rule gives an answer that is not
    /// ranked.</exception>
    public void Hold(DecisionRule rule, IReadOnlyList<string>? severity)
    {
        if (rule is DecisionRule.AtThreshold && outputs.Names.Count > 1)
            throw new KumikiException(Message.Of("endpoint.many-scores", ("model", version), ("scores", string.Join(", ", outputs.Names.Take(10)))));
        if (severity is null) return;
        var answers = rule is DecisionRule.TopClasses top
            ? [.. outputs is { Names.Count: 1, Classes.Count: 2 } ? outputs.Classes : outputs.Names, .. top.AtLeast > 0 ? [top.Otherwise] : (string[])[]]
            : rule.Answers;
        if (answers.FirstOrDefault(a => !severity.Contains(a)) is { } unranked)
            throw new KumikiException(Message.Of(
                "endpoint.unranked", ("model", version.Asset), ("answer", unranked), ("severity", string.Join(", ", severity))));
    }

    public void Dispose() => opened.Dispose();
}
