namespace Kumiki.Making;

public sealed partial class Maker
{
    /// <summary>Prepares trials of an asset's parameters, all on the same inputs.</summary>
    /// <param name="order">Which asset, on which inputs, with which seed.</param>
    /// <param name="stop">Ends whatever the trials share.</param>
    /// <exception cref="KumikiException">The graph is not sound, an input has no version or failed its checks, or the asset's class does not say how its parameters are tried.</exception>
    public async Task<Trials> TrialsAsync(MakeOrder order, CancellationToken stop)
    {
        var node = graph.Sound()[order.Asset];
        if (node.Instance!.TrialFigures.Count == 0) throw new KumikiException(Message.Of("making.not-tried", ("asset", node.Name)));
        var shelf = await InputShelf.ReadAsync(at.Metadata, order, stop);
        await shelf.LoadAsync([node], stop);
        List<Finding> missing = [.. shelf.Missing(node, [])];
        if (missing.Count > 0) throw new InputsMissingException(missing);
        var code = await at.Program.KeepAsync(at.Metadata, at.Artifacts, at.ProjectFolder, stop);
        var one = new OneMaking(node, shelf.Of(node), order, code, at.Program.Environment(at.Engines), 1, 1, null);
        if (!order.DespiteChecks) RefuseFailedChecks(one);
        return new(graph, at, one, stop);
    }
}
