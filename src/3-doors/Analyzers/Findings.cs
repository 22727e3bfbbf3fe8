using Microsoft.CodeAnalysis;

namespace Kumiki.Analyzers;

/// <summary>Every rule: its id, sentence and severity. <c>docs/analyzers.md</c> has a section for each.</summary>
static class Findings
{
    internal static readonly DiagnosticDescriptor AsksForObsolete = Rule("KMK001", DiagnosticSeverity.Warning,
        "An asset asks for an obsolete asset",
        "{0} is made from {1}, which is obsolete{2}",
        "Data marked [Obsolete] warns every asset that still uses it, with the way out that its author wrote.");

    internal static readonly DiagnosticDescriptor NotForYou = Rule("KMK002", DiagnosticSeverity.Error,
        "An asset asks for one that is only for others",
        "{0} asks for {1}, which is only for {2}; take {1} out of this constructor, or add typeof({0}) to [OnlyFor] on {1}",
        "Data or a model marked [OnlyFor] may be used by the asset classes it names and by no other.");

    internal static readonly DiagnosticDescriptor OutsideRead = Rule("KMK003", DiagnosticSeverity.Error,
        "An asset reads outside its making",
        "{0} reads {1} ({2}), so the same inputs would not make the same version again; {3}",
        "What asset code reads is recorded as an input, or a version could not be made again. The making hands over what is needed: sources, a clock, a seed.",
        atEnd: true);

    internal static readonly DiagnosticDescriptor StaticState = Rule("KMK004", DiagnosticSeverity.Error,
        "An asset class has static state",
        "{0}.{1} is static and can change, but makings and releases of {0} run side by side in one process; make it {2}",
        "Nothing about versions is static: two releases live in one process, and one must not see what the other left behind.");

    internal static readonly DiagnosticDescriptor MutableAsset = Rule("KMK005", DiagnosticSeverity.Error,
        "An asset can change",
        "{0}.{1} can be changed after {0} was built, but an asset is shared by all who ask for it; make it {2}",
        "Asset instances are immutable: one is built for a release and read by many threads at once.");

    internal static readonly DiagnosticDescriptor ModelWithoutThreshold = Rule("KMK006", DiagnosticSeverity.Warning,
        "An endpoint asks for a model without its threshold",
        "{0} asks for {1} but not for {2}, which is chosen on it; ask for {2} too, so that a release holds both to each other",
        "A cut-off written into a decision stays behind when its model is trained again; a threshold that is asked for cannot.");

    internal static readonly DiagnosticDescriptor NotAnAsset = Rule("KMK007", DiagnosticSeverity.Error,
        "An asset asks for something that is no asset",
        "{0} asks for {1}, which is {2}; {3}",
        "What an asset's constructor asks for is what it is made from: assets, families of assets, and its own family key.");

    internal static readonly DiagnosticDescriptor Circle = Rule("KMK008", DiagnosticSeverity.Error,
        "Assets ask for each other in a circle",
        "{0} is made from itself: {1}; take one of these constructor parameters away, for instance by splitting off what both need",
        "Each asset is made from versions that exist before it, so the graph has no circle.");

    internal static readonly DiagnosticDescriptor NotAParameter = Rule("KMK009", DiagnosticSeverity.Error,
        "A property cannot be a parameter",
        "{0}.{1} cannot be a parameter: {2}; {3}",
        "A parameter has a default within its range, is set once before the making, and is of a type that can be written on a command line.");

    internal static readonly DiagnosticDescriptor ObsoleteUpstream = Rule("KMK010", DiagnosticSeverity.Info,
        "An asset is made from an obsolete asset further up",
        "{0} is made from {1}, which is obsolete{2} ({3})",
        "Whoever depends on an obsolete asset through others will change with it; the asset in between has the warning.");

    internal static readonly DiagnosticDescriptor TwoOfOneName = Rule("KMK011", DiagnosticSeverity.Error,
        "Two assets have one name",
        "{0} and {1} would both be the asset '{2}'; rename one of the classes",
        "An asset is named after its class in kebab case, whatever its namespace, and the name leads to its versions.");

    static DiagnosticDescriptor Rule(string id, DiagnosticSeverity severity, string title, string message, string why, bool atEnd = false) => new(
        id, title, message, "Kumiki", severity, isEnabledByDefault: true, why, $"docs/analyzers.md#{id.ToLowerInvariant()}",
        atEnd ? [WellKnownDiagnosticTags.CompilationEnd] : []);
}
