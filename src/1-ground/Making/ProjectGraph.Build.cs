using System.Reflection;

namespace Kumiki.Making;

public sealed partial class ProjectGraph
{
    /// <summary>Builds and checks the graph.</summary>
    /// <param name="settings">Parameters set from outside, by asset.</param>
    /// <param name="keysOf">The values a column has in the version of a dataset that is in use, each with its rows; empty before the first.</param>
    public static ProjectGraph Build(Project project, IReadOnlyList<ParameterSetting>? settings = null, Func<string, string, IReadOnlyDictionary<string, long>>? keysOf = null)
    {
        var findings = new List<Finding>();
        var drafts = new Dictionary<string, AssetNode>(StringComparer.Ordinal);
        foreach (var type in project.Types)
        {
            foreach (var key in Keys(type, project, keysOf, findings))
            {
                var family = key is null ? null : AssetName.Of(type.Name);
                var name = key is null ? AssetName.Of(type.Name) : AssetName.Member(family!, key);
                if (!AssetName.IsValid(name))
                {
                    findings.Add(Refuse("name", Message.Of("graph.bad-name", ("class", type.FullName), ("name", name))));
                    continue;
                }
                if (drafts.TryGetValue(name, out var other))
                {
                    findings.Add(other.Type == type
                        ? Refuse("name", Message.Of("graph.two-keys", ("name", name), ("first", other.RawKey), ("second", key)))
                        : Refuse("name", Message.Of("graph.two-classes", ("name", name), ("first", other.Type.FullName), ("second", type.FullName))));
                    continue;
                }
                drafts[name] = new AssetNode
                {
                    Name = name,
                    Type = type,
                    Inputs = [],
                    Parameters = [.. Parameters(type, findings)],
                    Family = family,
                    RawKey = key,
                    Obsolete = type.GetCustomAttribute<ObsoleteAttribute>() is { } obsolete ? obsolete.Message ?? "" : null,
                };
            }
        }

        var classes = new Classes(project, drafts.Values);
        var wanted = drafts.Values.ToDictionary(n => n.Name, n => Wanted(n, classes, findings), StringComparer.Ordinal);
        var ordered = Order(drafts, wanted, findings);
        Set(drafts, settings ?? [], findings);
        if (findings.Any(f => f.Severity == Severity.Refusal)) return new(drafts, ordered, findings);

        foreach (var node in ordered)
        {
            node.Arguments = Arguments(node, wanted[node.Name], drafts);
            Instantiate(node, findings);
        }
        if (findings.Any(f => f.Severity == Severity.Refusal)) return new(drafts, ordered, findings);

        var built = new Dictionary<string, AssetNode>(StringComparer.Ordinal);
        foreach (var draft in ordered)
        {
            var asset = draft.Instance!;
            var inputs = wanted[draft.Name].SelectMany(w => w.Names).Distinct().Select(n => new NodeInput(n, asset.EdgeTo(built[n].Instance!))).ToList();
            var node = new AssetNode
            {
                Name = draft.Name,
                Type = draft.Type,
                Inputs = inputs,
                Parameters = draft.Parameters,
                Family = draft.Family,
                RawKey = draft.RawKey,
                Obsolete = draft.Obsolete,
                Instance = asset,
                Arguments = draft.Arguments,
                SetUpstream = [.. inputs.SelectMany(i => built[i.Asset].SetHere).Distinct().Order()],
                KeyColumns = [.. classes.KeyColumns[draft.Type]],
                InputAssets = [.. inputs.Select(i => built[i.Asset].Instance!)],
            };
            asset.Node = node;
            built[node.Name] = node;
            findings.AddRange(asset.Check());
            findings.AddRange(Use(node, classes, built));
        }
        findings.AddRange(Unreported(built.Values));
        var schedules = Scheduled(project, classes, built, findings);
        var views = ViewsOf(project, built.Values, findings);
        return new(built, [.. ordered.Select(n => built[n.Name])], findings) { Schedules = schedules, Views = views };
    }

    static IEnumerable<string?> Keys(Type type, Project project, Func<string, string, IReadOnlyDictionary<string, long>>? keysOf, List<Finding> findings)
    {
        var isFamily = Constructor(type)?.GetParameters().Any(p => p.ParameterType == typeof(FamilyKey)) ?? false;
        var fixedKeys = type.GetCustomAttribute<KeysAttribute>();
        var dataKeys = type.GetCustomAttribute<KeysFromAttribute>();
        if (!isFamily)
        {
            if (fixedKeys is not null || dataKeys is not null) findings.Add(Refuse("family", Message.Of("graph.keys-unused", ("class", type.Name))));
            return [null];
        }
        if (fixedKeys is { Keys.Count: > 0 } && dataKeys is null) return fixedKeys.Keys.Distinct();
        if (dataKeys is not null && fixedKeys is null)
        {
            if (project.Types.Contains(dataKeys.Dataset))
                return keysOf?.Invoke(AssetName.Of(dataKeys.Dataset.Name), dataKeys.Column).Where(k => k.Value >= dataKeys.AtLeast).Select(k => k.Key) ?? [];
            findings.Add(Refuse("family", Message.Of("graph.missing", ("asset", AssetName.Of(type.Name)), ("needs", dataKeys.Dataset.Name))));
            return [];
        }
        findings.Add(Refuse("family", Message.Of("graph.no-keys", ("class", type.Name))));
        return [];
    }

    static ConstructorInfo? Constructor(Type type) => type.GetConstructors() is [var only] ? only : null;

    static IEnumerable<AssetParameter> Parameters(Type type, List<Finding> findings)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            if (property.GetCustomAttribute<ParameterAttribute>() is not { } attribute) continue;
            var kind = property.PropertyType;
            var known = kind.IsEnum || kind == typeof(int) || kind == typeof(long) || kind == typeof(double) || kind == typeof(decimal) || kind == typeof(bool) || kind == typeof(string);
            if (!known || property.SetMethod is null)
                findings.Add(Refuse("parameter", Message.Of("graph.parameter-type", ("class", type.Name), ("property", property.Name), ("type", kind.Name))));
            else
                yield return new(AssetName.Of(property.Name), property, attribute.Min, attribute.Max) { Log = attribute.Log };
        }
    }

    /// <summary>What is asked of the classes of a project again and again, once for each.</summary>
    sealed class Classes(Project project, IEnumerable<AssetNode> nodes)
    {
        readonly HashSet<Type> types = [.. project.Types];
        readonly Dictionary<(Type, string?), AssetNode> members = nodes.ToDictionary(n => (n.Type, n.RawKey));
        readonly Dictionary<Type, OnlyForAttribute?> only = project.Types.ToDictionary(t => t, t => t.GetCustomAttribute<OnlyForAttribute>());

        /// <summary>The members of a class, in the order of their names.</summary>
        public ILookup<Type, AssetNode> Members { get; } = nodes.OrderBy(n => n.Name, StringComparer.Ordinal).ToLookup(n => n.Type);

        /// <summary>The columns of a dataset that families take their keys from.</summary>
        public ILookup<Type, string> KeyColumns { get; } =
            project.Types.Select(t => t.GetCustomAttribute<KeysFromAttribute>()).OfType<KeysFromAttribute>().Select(k => (k.Dataset, k.Column)).Distinct().ToLookup(k => k.Dataset, k => k.Column);

        public bool Contain(Type type) => types.Contains(type);

        /// <summary>The member with a key, else the class's only asset.</summary>
        public AssetNode? Find(Type type, string? key) => members.GetValueOrDefault((type, key)) ?? members.GetValueOrDefault((type, null));

        public OnlyForAttribute? OnlyFor(Type type) => only[type];
    }

    /// <summary>One constructor parameter: the assets it stands for.</summary>
    sealed record Want(ParameterInfo Parameter, IReadOnlyList<string> Names, Type? FamilyOf);

    static List<Want> Wanted(AssetNode node, Classes classes, List<Finding> findings)
    {
        var wants = new List<Want>();
        if (Constructor(node.Type) is not { } constructor)
        {
            findings.Add(Refuse("constructor", Message.Of("graph.constructors", ("class", node.Type.Name), ("count", node.Type.GetConstructors().Length))));
            return wants;
        }
        foreach (var parameter in constructor.GetParameters())
        {
            var type = parameter.ParameterType;
            if (type == typeof(FamilyKey)) wants.Add(new(parameter, [], null));
            else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Family<>))
            {
                var of = type.GetGenericArguments()[0];
                if (classes.Contain(of)) wants.Add(new(parameter, [.. classes.Members[of].Select(n => n.Name)], of));
                else findings.Add(Refuse("missing", Message.Of("graph.missing", ("asset", node.Name), ("needs", of.Name))));
            }
            else if (!type.IsSubclassOf(typeof(Asset)))
                findings.Add(Refuse("unknown", Message.Of("graph.not-an-asset", ("asset", node.Name), ("parameter", parameter.Name), ("type", type.Name))));
            else if (!classes.Contain(type))
                findings.Add(Refuse("missing", Message.Of("graph.missing", ("asset", node.Name), ("needs", type.Name))));
            else if (classes.Find(type, node.RawKey) is { } found)
                wants.Add(new(parameter, [found.Name], null));
            else if (classes.Members.Contains(type) || node.RawKey is not null)
                findings.Add(Refuse("missing", Message.Of("graph.no-member", ("asset", node.Name), ("family", AssetName.Of(type.Name)), ("key", node.RawKey))));
            else
                findings.Add(Refuse("missing", Message.Of("graph.missing", ("asset", node.Name), ("needs", type.Name))));
        }
        return wants;
    }

    /// <summary>Inputs before users; a cycle is told by its path, and its members are left out.</summary>
    static List<AssetNode> Order(Dictionary<string, AssetNode> nodes, Dictionary<string, List<Want>> wanted, List<Finding> findings)
    {
        var waits = wanted.ToDictionary(w => w.Key, w => w.Value.SelectMany(x => x.Names).Distinct().Count(), StringComparer.Ordinal);
        var users = wanted.SelectMany(w => w.Value.SelectMany(x => x.Names).Distinct().Select(n => (Input: n, User: w.Key))).ToLookup(e => e.Input, e => e.User);
        var ready = new PriorityQueue<string, string>(waits.Where(w => w.Value == 0).Select(w => (w.Key, w.Key)), StringComparer.Ordinal);
        var ordered = new List<AssetNode>();
        while (ready.TryDequeue(out var name, out _))
        {
            ordered.Add(nodes[name]);
            foreach (var user in users[name])
                if (--waits[user] == 0) ready.Enqueue(user, user);
        }

        var left = waits.Where(w => w.Value > 0).Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var start in left.Order(StringComparer.Ordinal).Where(n => !told.Contains(n)))
        {
            // Each of them waits for another of them: following those leads around a cycle.
            var path = new List<string>();
            for (var at = start; !told.Contains(at); at = wanted[at].SelectMany(w => w.Names).First(left.Contains))
            {
                if (path.IndexOf(at) is var seen and >= 0)
                {
                    findings.Add(Refuse("cycle", Message.Of("graph.cycle", ("path", string.Join(" → ", path.Skip(seen).Append(at))))));
                    break;
                }
                path.Add(at);
            }
            told.UnionWith(path);
        }
        return ordered;
    }

    static void Set(Dictionary<string, AssetNode> nodes, IReadOnlyList<ParameterSetting> settings, List<Finding> findings)
    {
        foreach (var setting in settings)
        {
            var targets = nodes.Values.Where(n => n.Name == setting.Asset || (n.Family is not null && n.Family == setting.Asset)).ToList();
            if (targets.Count == 0)
            {
                findings.Add(Refuse("parameter", NoAsset(setting.Asset ?? "", nodes.Keys)));
                continue;
            }
            foreach (var node in targets)
            {
                if (node.Parameters.FirstOrDefault(p => p.Name == setting.Name || p.Property.Name == setting.Name) is not { } parameter)
                    findings.Add(Refuse("parameter", Message.Of("graph.no-parameter", ("asset", node.Name), ("name", setting.Name),
                        ("known", node.Parameters.Count == 0 ? "-" : string.Join(", ", node.Parameters.Select(p => p.Name))))));
                else if (parameter.Read(setting.Value) is not { } value)
                    findings.Add(Refuse("parameter", Message.Of("graph.parameter-value", ("asset", node.Name), ("name", parameter.Name), ("value", setting.Value), ("kind", parameter.Kind))));
                else if (!parameter.InRange(value))
                    findings.Add(Refuse("parameter", Message.Of("graph.parameter-range", ("asset", node.Name), ("name", parameter.Name), ("value", setting.Value), ("kind", parameter.Kind))));
                else
                    (parameter.Value, parameter.IsSet) = (AssetParameter.Write(value), true);
            }
        }
    }

    static object[] Arguments(AssetNode node, List<Want> wants, Dictionary<string, AssetNode> nodes) =>
        [.. wants.Select(want =>
            want.Parameter.ParameterType == typeof(FamilyKey) ? new FamilyKey(node.RawKey!)
            : want.FamilyOf is { } of ? Members(of, want.Names.Select(n => nodes[n]))
            : (object)nodes[want.Names[0]].Instance!)];

    static void Instantiate(AssetNode node, List<Finding> findings)
    {
        try
        {
            var asset = (Asset)Constructor(node.Type)!.Invoke(node.Arguments);
            foreach (var parameter in node.Parameters)
            {
                if (parameter.IsSet) parameter.Property.SetValue(asset, parameter.Read(parameter.Value));
                else parameter.Value = AssetParameter.Write(parameter.Property.GetValue(asset));
                if (parameter.Read(parameter.Value) is { } value && !parameter.InRange(value))
                    findings.Add(Refuse("parameter", Message.Of("graph.parameter-range", ("asset", node.Name), ("name", parameter.Name), ("value", parameter.Value), ("kind", parameter.Kind))));
            }
            node.Instance = asset;
            asset.Node = node;      // so that a constructor further on may ask for its name; replaced when the edges are known
        }
        catch (TargetInvocationException e) when (e.InnerException is { } inner)
        {
            findings.Add(Refuse("constructor", Message.Of("graph.constructor-failed", ("asset", node.Name), ("reason", inner.Message))));
        }
    }

    static object Members(Type of, IEnumerable<AssetNode> members)
    {
        var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), of))!;
        foreach (var member in members) map.Add(member.RawKey ?? member.Name, member.Instance);
        return Activator.CreateInstance(typeof(Family<>).MakeGenericType(of), map)!;
    }

    /// <summary>The rules on use that an analyzer holds at compile time, held again where no compiler looks.</summary>
    static IEnumerable<Finding> Use(AssetNode node, Classes classes, Dictionary<string, AssetNode> built)
    {
        foreach (var input in node.Inputs.Select(i => built[i.Asset]))
        {
            if (input.Obsolete is { } obsolete)
                yield return new("obsolete", Severity.Note, Message.Of("graph.obsolete", ("asset", node.Name), ("input", input.Name), ("reason", obsolete)), []);
            if (classes.OnlyFor(input.Type) is { } only && !only.Users.Contains(node.Type))
                yield return Refuse("only-for", Message.Of("graph.only-for", ("asset", node.Name), ("input", input.Name), ("users", string.Join(", ", only.Users.Select(u => AssetName.Of(u.Name))))));
        }
    }

    /// <summary>Models that no report looks at; of a family one note.</summary>
    static IEnumerable<Finding> Unreported(IReadOnlyCollection<AssetNode> nodes)
    {
        var reported = nodes.Where(n => n.Kind == AssetKind.Report).SelectMany(n => n.Inputs).Select(i => i.Asset).ToHashSet(StringComparer.Ordinal);
        return nodes.Where(n => n.Kind == AssetKind.Model && !n.IsBroughtIn && !reported.Contains(n.Name)).Select(n => n.Family ?? n.Name).Distinct()
            .Select(name => new Finding("report", Severity.Note, Message.Of("graph.no-report", ("model", name)), []));
    }

    static Finding Refuse(string rule, Message says, params IReadOnlyList<string> mends) => new(rule, Severity.Refusal, says, mends);
}
