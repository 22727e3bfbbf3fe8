using System.Reflection;
using System.Runtime.CompilerServices;

namespace Kumiki;

/// <summary>A set of assets, and of schedules that make them, declared in one C# program.</summary>
public sealed class Project
{
    readonly List<Type> types = [], schedules = [];

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

    /// <summary>Adds every asset and schedule class of the assembly that calls this.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Project AddAssetsFromThisAssembly() => AddAssetsFrom(Assembly.GetCallingAssembly());

    /// <summary>Adds every asset and schedule class of an assembly.</summary>
    public Project AddAssetsFrom(Assembly assembly)
    {
        foreach (var type in assembly.GetTypes().Where(t => t.IsClass && !t.IsAbstract && !t.ContainsGenericParameters && (t.IsSubclassOf(typeof(Asset)) || t.IsSubclassOf(typeof(Schedule))))
            .OrderBy(t => t.FullName, StringComparer.Ordinal))
            Add(type);
        return this;
    }

    public Project AddSchedule<T>()
        where T : Schedule => Add(typeof(T));

    public Project Add<T>()
        where T : Asset => Add(typeof(T));

    public Project Add(Type type)
    {
        if (type.IsAbstract || !(type.IsSubclassOf(typeof(Asset)) || type.IsSubclassOf(typeof(Schedule)))) throw new ArgumentException($"{type.Name} is not an asset class.", nameof(type));
        var added = type.IsSubclassOf(typeof(Schedule)) ? schedules : types;
        if (!added.Contains(type)) added.Add(type);
        return this;
    }
}
