namespace Kumiki;

/// <summary>Something of a project to look at, drawn from its assets as they are now: it has no versions and is never made. What it shows is what its
/// constructor asks for.</summary>
public abstract class View
{
    /// <summary>Its name in the project: the class name in kebab case.</summary>
    public string Name => AssetName.Of(GetType().Name);

    /// <summary>What is wrong with its declaration; told with the graph's findings, and keeps nothing from being made.</summary>
    protected internal virtual IEnumerable<Message> Faults() => [];
}
