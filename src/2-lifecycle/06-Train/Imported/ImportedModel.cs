using Kumiki.Making;

namespace Kumiki;

/// <summary>A model that was trained elsewhere, as a project names it: <c>public sealed class AnimalModel : ImportedModel;</c>. Its versions are those that
/// <c>kumiki models import animal-model FILE.onnx</c> or a client's registration brings in under that name; what asks for it in its constructor is made
/// from the one that is staged.</summary>
public abstract class ImportedModel : Asset
{
    public sealed override AssetKind Kind => AssetKind.Model;

    protected sealed override bool IsBroughtIn => true;

    /// <exception cref="KumikiException">Always: it is brought in, not made.</exception>
    protected sealed override Task MakeAsync(MakingRun making, CancellationToken stop) =>
        throw new KumikiException(Message.Of("imported.brought-in", ("asset", Name)));
}
