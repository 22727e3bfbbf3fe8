using System.Reflection;
using System.Runtime.CompilerServices;
using Kumiki.Queues;

namespace Kumiki;

/// <summary>A set of assets, and of schedules that make them, declared in one C# program.</summary>
public sealed class Project
{
    readonly List<Type> types = [], schedules = [], views = [];
    readonly Dictionary<string, QueueOpener> queues = new(StringComparer.Ordinal);

    /// <summary>Where the project's relative paths start: the folder of the project's sources while it is developed, else the current folder.</summary>
    /// <value>The current folder by default.</value>
    public string Folder { get; set; } = Directory.GetCurrentDirectory();

    /// <summary>The name shown on pages.</summary>
    /// <value>The entry assembly's name by default.</value>
    public string Name { get; set; } = Assembly.GetEntryAssembly()?.GetName().Name ?? "kumiki";

    /// <summary>The asset classes, in the order they were added.</summary>
    public IReadOnlyList<Type> Types => types;

    /// <summary>The schedule classes, in the order they were added.</summary>
    public IReadOnlyList<Type> Schedules => schedules;

    /// <summary>The classes of views, in the order they were added.</summary>
    public IReadOnlyList<Type> Views => views;

    /// <summary>The brokers whose queues the program can use, by the scheme of their addresses.</summary>
    public IReadOnlyDictionary<string, QueueOpener> Queues => queues;

    /// <summary>Names a broker beside the queues of the data folder; backends call this.</summary>
    /// <param name="scheme">Of its addresses, such as <c>amqp</c>.</param>
    public Project UseQueues(string scheme, QueueOpener open)
    {
        queues[scheme] = open;
        return this;
    }

    /// <summary>Adds every class of an asset, a schedule or a view of the assembly that calls this.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Project AddAssetsFromThisAssembly() => AddAssetsFrom(Assembly.GetCallingAssembly());

    /// <summary>Adds every class of an asset, a schedule or a view of an assembly.</summary>
    public Project AddAssetsFrom(Assembly assembly)
    {
        var classes = assembly.GetTypes().Where(t => t.IsClass && !t.IsAbstract && !t.ContainsGenericParameters);
        foreach (var type in classes.Where(t => ListOf(t) is not null).OrderBy(t => t.FullName, StringComparer.Ordinal))
            Add(type);
        return this;
    }

    public Project AddSchedule<T>()
        where T : Schedule => Add(typeof(T));

    public Project Add<T>()
        where T : Asset => Add(typeof(T));

    public Project Add(Type type)
    {
        var list = type.IsAbstract ? null : ListOf(type);
        if (list is null) throw new ArgumentException($"{type.Name} is not a class of an asset, a schedule or a view.", nameof(type));
        if (!list.Contains(type)) list.Add(type);
        return this;
    }

    List<Type>? ListOf(Type type) => type.IsSubclassOf(typeof(Asset)) ? types : type.IsSubclassOf(typeof(Schedule)) ? schedules : type.IsSubclassOf(typeof(View)) ? views : null;
}
