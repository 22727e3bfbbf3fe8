using Kumiki.Making;

namespace Kumiki;

/// <summary>A named piece of the dependency graph. What it depends on is what its constructor asks for.</summary>
/// <remarks>Derive from <c>Dataset</c>, <c>Model</c>, <c>Threshold</c>, <c>Endpoint</c> …, or from this for a kind of your own. Instances are immutable and know nothing of
/// versions; what a version holds is read through the making.</remarks>
public abstract class Asset
{
    AssetNode? node;

    /// <summary>Its name in the project: the class name in kebab case, a family's member with its key: <c>violation-model.no-animal</c>.</summary>
    public string Name => Node.Name;

    public abstract AssetKind Kind { get; }

    /// <summary>How it is run: limit, retries, process.</summary>
    public virtual Running Running => Running.Default;

    /// <summary>Where it stands in the graph.</summary>
    protected internal AssetNode Node
    {
        get => node ?? throw new InvalidOperationException($"{GetType().Name} is not part of a project yet; ask for it in a constructor instead of making one with 'new'.");
        internal set => node = value;
    }

    /// <summary>Whether its versions are brought in from elsewhere: then none is made here, and none goes out of date.</summary>
    protected internal virtual bool IsBroughtIn => false;

    /// <summary>How it depends on <paramref name="input"/>.</summary>
    protected internal virtual EdgeKind EdgeTo(Asset input) => EdgeKind.Source;

    /// <summary>What besides code, parameters, seed and inputs can change its output: the recipe numbers of the transforms and learners it uses, the versions of engines.</summary>
    protected internal virtual IEnumerable<KeyValuePair<string, string>> Recipe => [];

    /// <summary>The outside files it would take in now, sorted; looked at before making, to know whether they changed.</summary>
    protected internal virtual IReadOnlyList<string> OutsideFiles(string projectFolder) => [];

    /// <summary>What outside it would read now that is no file, such as a database, each with a digest of its state; looked at before making, to know whether it changed.</summary>
    /// <returns>Null where only reading tells whether it changed: then no earlier version is taken as it is.</returns>
    protected internal virtual Task<IReadOnlyList<OutsideRead>?> OutsideStatesAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<OutsideRead>?>([]);

    /// <summary>What is wrong with its declaration; looked at for the whole graph before anything runs.</summary>
    protected internal virtual IEnumerable<Finding> Check() => [];

    /// <summary>Makes one version of it.</summary>
    protected internal abstract Task MakeAsync(MakingRun making, CancellationToken stop);

    /// <summary>The figures that a trial of its parameters yields, the one it is judged by first.</summary>
    /// <value>None: its parameters cannot be tried.</value>
    protected internal virtual IReadOnlyList<TrialFigure> TrialFigures => [];

    /// <summary>Tries its parameters: tells the figures of <see cref="TrialFigures"/> as metrics, and makes no version. Several trials run at the same time, each on an instance of its own.</summary>
    /// <remarks>What decides between parameters must not be what the version is tested on.</remarks>
    protected internal virtual Task TryAsync(MakingRun making, Trial trial, CancellationToken stop) => throw new KumikiException(Message.Of("making.not-tried", ("asset", Name)));
}

/// <summary>How an asset's makings are run.</summary>
public sealed record Running
{
    public static Running Default { get; } = new();

    /// <value>No limit by default; <c>--limit</c> overrides it.</value>
    public TimeSpan? Limit { get; init; }

    /// <summary>Further attempts after one that failed by something else than bad input.</summary>
    /// <value>0 by default; <c>--retries</c> overrides it.</value>
    public int Retries { get; init; }

    /// <summary>Whether each attempt gets a process of its own, so that a crash of native code takes nothing else with it.</summary>
    /// <value>False by default; <c>--own-process</c> overrides it.</value>
    public bool OwnProcess { get; init; }
}

/// <summary>Marks a property as a parameter of its asset: its initialiser is the default, <c>--set name=value</c> overrides it, and it is part of the reuse key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ParameterAttribute : Attribute
{
    /// <summary>Smallest value allowed, for numbers.</summary>
    public double Min { get; init; } = double.NegativeInfinity;

    /// <summary>Largest value allowed, for numbers.</summary>
    public double Max { get; init; } = double.PositiveInfinity;

    /// <summary>Whether a search goes by orders of magnitude: between 0.001 and 1 as much below 0.03 as above.</summary>
    public bool Log { get; init; }
}

/// <summary>A constructor parameter of this type makes a class a family: one asset for each key.</summary>
/// <param name="Raw">The key as the data has it; the asset's name holds it as a slug.</param>
public sealed record FamilyKey(string Raw)
{
    public override string ToString() => Raw;
}

/// <summary>The keys of a family, known in code.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KeysAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys { get; } = keys;
}

/// <summary>The keys of a family are the values a column has in the version of a dataset that is in use: a new value becomes a new asset by itself.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KeysFromAttribute(Type dataset, string column) : Attribute
{
    public Type Dataset { get; } = dataset;
    public string Column { get; } = column;

    /// <summary>Rows a key must have to get an asset of its own; the rows of the others are left to a global one, which a <c>BatchPrediction</c> asks for beside the family.</summary>
    /// <value>1.</value>
    public long AtLeast { get; init; } = 1;
}

/// <summary>Ask for this in a constructor to depend on every member of a family.</summary>
public sealed class Family<T>(IReadOnlyDictionary<string, T> members)
    where T : Asset
{
    /// <summary>The members by raw key.</summary>
    public IReadOnlyDictionary<string, T> Members { get; } = members;
}

/// <summary>Only these asset classes may use this one; an analyzer holds it at compile time, the graph check everywhere else.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnlyForAttribute(params Type[] users) : Attribute
{
    public IReadOnlyList<Type> Users { get; } = users;
}

/// <summary>A model that may be trained on another version of a source than the other models of its production; the reason is shown with each release.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class ApartFromAttribute(Type source, string because) : Attribute
{
    public Type Source { get; } = source;
    public string Because { get; } = because;
}
